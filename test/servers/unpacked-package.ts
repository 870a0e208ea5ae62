import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, withLock } from './cache-folder.js';
import { runAsRoot, runCommand } from './run-command.js';

/**
 * The folder in the cache that a Debian package was unpacked to, without being installed: its installation would start a service on the
 * usual port. Fails where it cannot be had.
 * @param version as Debian writes it; else the newest
 */
export async function unpackedPackage(name: string, version?: string): Promise<string> {
  const folder = join(cacheFolder(), version === undefined ? name : `${name}-${version.replaceAll(/[^0-9a-z.+~-]/gi, '_')}`);
  const wanted = version === undefined ? name : `${name}=${version}`;
  await withLock(name, async () => {
    if (!existsSync(join(folder, 'usr'))) await unpack(wanted, folder);
  });
  return folder;
}

async function unpack(wanted: string, folder: string): Promise<void> {
  const work = await mkdtemp(`${folder}-new-`);
  try {
    const download = () => runCommand('apt-get', ['-qq', 'download', wanted], { cwd: work, timeoutMs: 180_000 });
    // Fresh machines and images have no package lists yet, old ones have outdated ones.
    await download().catch(async () => {
      await runAsRoot('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'update']);
      await download();
    });
    const [file] = (await readdir(work)).filter((entry) => entry.endsWith('.deb'));
    if (file === undefined) throw new Error(`apt-get download left no package of ${wanted}`);
    await runCommand('dpkg-deb', ['-x', join(work, file), join(work, 'files')]);
    await rm(folder, { recursive: true, force: true });
    await rename(join(work, 'files'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
