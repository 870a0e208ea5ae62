import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { cacheFolder, withLock } from '../servers/cache-folder.js';
import { installPackages } from '../servers/debian-packages.js';
import { runCommand } from '../servers/run-command.js';
import type { Client } from './client.js';

const INSTALL_LIMIT_MS = 1_800_000;
const SOURCES = join(REPOSITORY, 'test/drivers/clients');

async function fingerprint(client: Client, folder: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([client.install, client.debian ?? []]));
  const all = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const name of client.shared ?? []) if (client.manifest === undefined) hash.update(await readFile(join(SOURCES, 'shared', name)));
  const files = all.map((entry) => join(entry.parentPath, entry.name)).sort();
  for (const file of files) {
    const name = file.slice(folder.length + 1);
    if (client.manifest === undefined || client.manifest.includes(name)) hash.update(name).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Copies the client's folder into the cache and installs what its manifest names, from the registries, unless that was done before.
 * Gives the folder to run it in, or why it cannot be had here.
 */
export async function prepareClient(client: Client, progress: (text: string) => void): Promise<{ folder: string } | { missing: string }> {
  const source = join(SOURCES, client.folder ?? client.name);
  const folder = join(cacheFolder(), 'drivers', client.name);
  try {
    if (client.debian !== undefined) await installPackages(client.debian, progress);
    await withLock(`driver-${client.name}`, async () => {
      const mark = join(folder, '.installed');
      const wanted = await fingerprint(client, source);
      await mkdir(folder, { recursive: true });
      await cp(source, folder, { recursive: true });
      for (const name of client.shared ?? []) await cp(join(SOURCES, 'shared', name), join(folder, name));
      if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return;
      await rm(mark, { force: true });
      if (client.install.length > 0) progress(`installing ${client.name}`);
      for (const [command = 'true', ...args] of client.install) {
        await runCommand(command, args, { cwd: folder, timeoutMs: INSTALL_LIMIT_MS, env: { ...process.env, ...client.env } });
      }
      await writeFile(mark, wanted);
    });
    return { folder };
  } catch (error) {
    return { missing: `cannot be installed here: ${(error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 300)}` };
  }
}
