import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, withLock } from './cache-folder.js';
import { runCommand } from './run-command.js';
import { findServerBinary } from './server-binary.js';

const WANTED = 'auth_ed25519.so';
const USUAL = '/usr/lib/mysql/plugin';

/** Debian has the server's plugins in a package of their own that would start a server of its own, so it is unpacked and not installed. */
async function unpacked(): Promise<string> {
  const version = await runCommand('dpkg-query', ['-W', '-f', '${Version}', 'mariadb-server-core']);
  const folder = join(cacheFolder(), `mariadb-plugins-${version.replaceAll(/[^0-9a-z.+~-]/gi, '_')}`);
  const plugins = join(folder, USUAL);
  if (existsSync(join(plugins, WANTED))) return plugins;
  return await withLock('mariadb-plugins', async () => {
    if (existsSync(join(plugins, WANTED))) return plugins;
    const work = await mkdtemp(join(cacheFolder(), 'mariadb-plugins-new-'));
    try {
      const download = () => runCommand('apt-get', ['-qq', 'download', `mariadb-server=${version}`], { cwd: work, timeoutMs: 120_000 });
      await download();
      const [file] = (await readdir(work)).filter((name) => name.endsWith('.deb'));
      if (file === undefined) throw new Error(`apt-get download left no package of mariadb-server ${version}`);
      await runCommand('dpkg-deb', ['-x', join(work, file), join(work, 'files')]);
      await rm(folder, { recursive: true, force: true });
      await rename(join(work, 'files'), folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return plugins;
  });
}

/**
 * What makes a MariaDB server load its plugins for accounts with `VIA ed25519`, as server arguments; or why this machine has none of them.
 * More plugins of the package are there then: name them with `--plugin-load-add=`.
 */
export async function ed25519Args(): Promise<{ readonly args: readonly string[] } | { readonly reason: string }> {
  const load = ['--plugin-maturity=unknown', '--plugin-load-add=auth_ed25519'];
  try {
    const { image } = await findServerBinary('mariadb');
    if (image !== undefined || existsSync(join(USUAL, WANTED))) return { args: load };
    return { args: [`--plugin-dir=${await unpacked()}`, ...load] };
  } catch (error) {
    return { reason: `MariaDB's plugins cannot be had: ${(error as Error).message.slice(0, 200)}` };
  }
}
