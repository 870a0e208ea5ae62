import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, withLock } from './cache-folder.js';
import { runCommand } from './run-command.js';
import type { ServerBinary } from './server-binary.js';

/**
 * A plugin folder that holds MariaDB's auth_ed25519, for `--plugin-dir`. Debian has the plugin in the package with the service, which
 * is not installed but unpacked into the cache. Undefined where the server comes from elsewhere (a container has the plugin) or the package cannot be had.
 */
export async function ed25519PluginFolder(binary: ServerBinary): Promise<string | undefined> {
  if (binary.flavor !== 'mariadb' || binary.image !== undefined || existsSync('/usr/lib/mysql/plugin/auth_ed25519.so')) return undefined;
  const folder = join(cacheFolder(), `mariadb-plugins-${binary.version}`);
  if (existsSync(folder)) return folder;
  return withLock('mariadb-plugins', async () => {
    if (existsSync(folder)) return folder;
    const part = await mkdtemp(join(cacheFolder(), '.plugins.'));
    try {
      await runCommand('apt-get', ['-qq', 'download', 'mariadb-server'], { cwd: part, timeoutMs: 120_000 });
      const [archive = ''] = (await readdir(part)).filter((name) => name.endsWith('.deb') && name.includes(binary.version));
      await runCommand('dpkg-deb', ['-x', join(part, archive), part]);
      await cp(join(part, 'usr/lib/mysql/plugin'), join(part, 'plugin'), { recursive: true });
      await rename(join(part, 'plugin'), folder);
      return folder;
    } catch {
      return undefined;
    } finally {
      await rm(part, { recursive: true, force: true });
    }
  });
}
