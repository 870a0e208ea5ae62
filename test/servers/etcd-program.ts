import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, withLock } from './cache-folder.js';
import { runAsRoot, runCommand } from './run-command.js';
import { onPath } from './server-binary.js';

/**
 * The path of an etcd program, or why this machine has none (for `t.skip`). Debian's package would start a service on the usual port, so
 * it is unpacked into the cache folder and not installed.
 */
export async function etcdProgram(): Promise<{ readonly program: string } | { readonly reason: string }> {
  const own = onPath('etcd');
  if (own !== undefined) return { program: own };
  const folder = join(cacheFolder(), 'etcd-server');
  const program = join(folder, 'usr', 'bin', 'etcd');
  try {
    await withLock('etcd-server', async () => {
      if (!existsSync(program)) await unpack(folder);
    });
    return { program };
  } catch (error) {
    return { reason: `etcd-server cannot be had: ${(error as Error).message.slice(0, 200)}` };
  }
}

async function unpack(folder: string): Promise<void> {
  const work = await mkdtemp(join(cacheFolder(), 'etcd-server-new-'));
  try {
    const download = () => runCommand('apt-get', ['-qq', 'download', 'etcd-server'], { cwd: work, timeoutMs: 120_000 });
    // Fresh machines and images have no package lists yet, old ones have outdated ones.
    await download().catch(async () => {
      await runAsRoot('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'update']);
      await download();
    });
    const [file] = (await readdir(work)).filter((name) => name.endsWith('.deb'));
    if (file === undefined) throw new Error('apt-get download left no package of etcd-server');
    await runCommand('dpkg-deb', ['-x', join(work, file), join(work, 'files')]);
    await rm(folder, { recursive: true, force: true });
    await rename(join(work, 'files'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
