import { spawn } from 'node:child_process';
import type { Client } from './client.js';
import { type Comparison, compare, parseLines, type Said, withoutNames } from './compare.js';
import { prepareClient } from './prepare-client.js';
import { type Stage, WAYS, type Way } from './stage.js';

const PROGRAM_LIMIT_MS = 240_000;

/** What one client did on one server. */
export interface ClientRun {
  readonly version: string;
  readonly comparisons: readonly Comparison[];
}

interface Printed {
  readonly text: string;
  /** How it ended and the last it said, for a scenario it did not come to. */
  readonly end: string;
}

/** Runs the program to its end; it is killed with everything it started when it takes too long. */
async function runProgram(command: readonly string[], folder: string, env: NodeJS.ProcessEnv): Promise<Printed> {
  const [program = 'true', ...args] = command;
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // gone in this moment
    }
  }, PROGRAM_LIMIT_MS);
  const how = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(late ? `not done after ${PROGRAM_LIMIT_MS / 1000} s` : `ended with ${code ?? signal}`));
  });
  clearTimeout(timer);
  const last = Buffer.concat(err).toString().replaceAll(/\s+/g, ' ').trim().slice(-400);
  return { text: Buffer.concat(out).toString(), end: last === '' ? how : `${how}: ${last}` };
}

/** Runs one client against the server and against the proxy, and compares. */
export async function runClient(client: Client, stage: Stage, progress: (text: string) => void): Promise<ClientRun | { missing: string }> {
  const prepared = await prepareClient(client, progress);
  if ('missing' in prepared) return prepared;
  const said: Partial<Record<Way, Said>> = {};
  const ends: Record<Way, string> = { direct: '', proxy: '' };
  for (const way of WAYS) {
    const told = await stage.prepare(client.name, way);
    const env = { ...process.env, ...client.env, ...told, SCENARIOS: stage.scenarios.join(',') };
    const printed = await runProgram(client.run, prepared.folder, env);
    const { DB_NAME: database = '', DB_USER: user = '' } = told;
    const plain = (text: string): string => withoutNames(text, { database, user });
    said[way] = parseLines(plain(printed.text));
    ends[way] = plain(printed.end);
  }
  const none: Said = { version: '', outcomes: new Map() };
  const { direct = none, proxy = none } = said;
  return { version: direct.version, comparisons: compare(stage.scenarios, direct, proxy, ends) };
}
