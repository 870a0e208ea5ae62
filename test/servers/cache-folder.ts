import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads, templates and locks lie between runs: `POINTSMAN_TEST_CACHE`, else `~/.cache/pointsman`. Made when missing. */
export function cacheFolder(): string {
  const { POINTSMAN_TEST_CACHE: folder = join(homedir(), '.cache', 'pointsman') } = process.env;
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Runs `work` while no other process of this user holds the lock `name`. The kernel lets go of it when this process dies in
 * whatever way, because `flock`'s child ends with the pipe that only we hold.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', ['--exclusive', join(cacheFolder(), `${name}.lock`), 'sh', '-c', 'echo got; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject);
    holder.once('exit', (code) => reject(new Error(`flock ended with ${code} before it had the lock ${name}`)));
    holder.stdout.once('data', () => resolve());
  });
  try {
    return await work();
  } finally {
    const gone = new Promise((resolve) => holder.once('close', resolve));
    holder.stdin.end();
    holder.stdout.resume();
    await gone;
  }
}
