import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { serverUnavailable, until } from '../servers/servers.js';

const reason = (await serverUnavailable('mariadb')) === undefined ? undefined : await serverUnavailable('mysql');
const flavor = (await serverUnavailable('mariadb')) === undefined ? 'mariadb' : 'mysql';
const starter = fileURLToPath(new URL('../servers/start-and-wait.js', import.meta.url));

interface Told {
  readonly folder: string;
  readonly pids: readonly number[];
}

async function startElsewhere(): Promise<{ child: ChildProcess; told: Told }> {
  const child = spawn(process.execPath, [starter, flavor], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await until(
    'the other process has its servers',
    () => text.includes('\n') || (child.exitCode !== null ? Promise.reject(new Error(text)) : false),
    60_000,
  );
  return { child, told: JSON.parse(text) as Told };
}

async function lives(pid: number): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes('--datadir=');
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  t.test(`servers and files go when their process ends by ${signal}`, { skip: reason ?? false }, async (t) => {
    const { child, told } = await startElsewhere();
    t.equal(told.pids.length, 2);
    for (const pid of told.pids) t.ok(await lives(pid), 'the server runs');
    t.ok(existsSync(told.folder));
    child.kill(signal);
    await once(child, 'exit');
    for (const pid of told.pids) await until('the server is gone', async () => !(await lives(pid)));
    await until('the folder is gone', () => !existsSync(told.folder));
    t.pass('nothing is left');
  });
}
