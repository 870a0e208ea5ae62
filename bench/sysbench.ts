import { spawn } from 'node:child_process';
import { DATABASE, PASSWORDS } from '../test/servers/servers.js';
import type { BenchOptions, Workload } from './bench-options.js';

/** Tables of 4 x 50,000 rows fit in the server's memory: the proxies are measured, not the disk. */
export const TABLES = 4;
export const ROWS_PER_TABLE = 50_000;

export interface SysbenchResult {
  /** All statements, BEGIN and COMMIT included. */
  readonly queries: number;
  readonly queriesPerSecond: number;
  /** 95th percentile of an event: a query for point_select, a transaction for the others. */
  readonly p95Millis: number;
  /** Deadlocks and the like, which sysbench repeats. */
  readonly ignoredErrors: number;
  readonly reconnects: number;
}

/** sysbench ended badly or said something else than expected. */
export class SysbenchError extends Error {
  readonly code = 'PM_BENCH_SYSBENCH';
}

/** Reads what `sysbench ... run` prints. */
export function parseSysbench(text: string): SysbenchResult {
  const figure = (name: string, pattern: RegExp): number => {
    const value = Number(pattern.exec(text)?.[1]);
    if (Number.isNaN(value)) throw new SysbenchError(`no ${name} in sysbench's output:\n${text}`);
    return value;
  };
  return {
    queries: figure('queries', /^ +queries: +(\d+) /m),
    queriesPerSecond: figure('queries per second', /^ +queries: +\d+ +\(([\d.]+) per sec/m),
    p95Millis: figure('95th percentile', /95th percentile: +([\d.]+)/),
    ignoredErrors: figure('ignored errors', /ignored errors: +(\d+)/),
    reconnects: figure('reconnects', /reconnects: +(\d+)/),
  };
}

export interface SysbenchRun {
  readonly port: number;
  readonly workload: Workload;
  readonly threads: number;
  /** Ends after this time, */
  readonly seconds: number;
  /** or after so many events. */
  readonly events?: number;
  readonly psMode: BenchOptions['psMode'];
  /** Called when all threads are connected and start to work. */
  readonly onStart?: () => void;
}

function sysbench(workload: Workload, port: number, args: readonly string[], timeoutMs: number, onStart?: () => void): Promise<string> {
  const login = ['--mysql-host=127.0.0.1', `--mysql-port=${port}`, '--mysql-user=app', `--mysql-password=${PASSWORDS.app}`];
  const tables = [`--mysql-db=${DATABASE}`, `--tables=${TABLES}`, `--table-size=${ROWS_PER_TABLE}`, '--rand-type=uniform'];
  return new Promise((resolve, reject) => {
    const child = spawn('sysbench', [workload, '--db-driver=mysql', ...login, ...tables, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let text = '';
    let started = false;
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!started && text.includes('Threads started!')) {
        started = true;
        onStart?.();
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => reject(new SysbenchError(`sysbench did not run: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(text);
      else reject(new SysbenchError(`sysbench ${workload} on port ${port} ended with ${signal ?? code}:\n${text.slice(-3000)}`));
    });
  });
}

/** Fills the tables that all workloads use. */
export async function prepareTables(port: number): Promise<void> {
  await sysbench('oltp_read_write', port, [`--threads=${TABLES}`, 'prepare'], 300_000);
}

/** One run of a workload. */
export async function runSysbench(run: SysbenchRun): Promise<SysbenchResult> {
  const args = [`--threads=${run.threads}`, `--time=${run.seconds}`, `--events=${run.events ?? 0}`, `--db-ps-mode=${run.psMode}`, 'run'];
  return parseSysbench(await sysbench(run.workload, run.port, args, run.seconds * 1000 + 60_000, run.onStart));
}
