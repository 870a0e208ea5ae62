import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, withLock } from '../servers/cache-folder.js';
import { runCommand } from '../servers/run-command.js';

/**
 * A program of a Python package in a virtual environment of its own, made when first asked for.
 * @param requirement what pip is asked for, with its version
 * @returns the program's path
 */
export async function pythonTool(requirement: string, program: string): Promise<string> {
  const folder = join(cacheFolder(), `python-${requirement.replaceAll(/[^\w.-]+/g, '-')}`);
  const done = join(folder, 'done');
  await withLock('python-tool', async () => {
    if (existsSync(done)) return;
    await runCommand('python3', ['-m', 'venv', folder], { timeoutMs: 120_000 });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement];
    await runCommand(join(folder, 'bin/python'), install, { timeoutMs: 240_000 });
    writeFileSync(done, '');
  });
  return join(folder, 'bin', program);
}
