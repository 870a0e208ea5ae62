import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buryLater } from '../servers/undertaker.js';

/** The repository's folder, seen from the compiled test. */
export const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** `pointsman ARGS` as a process of its own. */
export interface PointsmanRun {
  readonly child: ChildProcess;
  /** -1 when it could not be started. */
  readonly pid: number;
  /** All it wrote so far, to either stream. */
  log(): string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly running: boolean;
}

/**
 * Runs the built program (`npm run build`). It dies with this process.
 * @param token stands somewhere in `args` and nowhere else, so that only this process is killed for it
 * @param logPath what it writes is also appended to this file, for somebody who looks on
 * @param single a single executable to run in place of the built program
 */
export function runPointsman(args: readonly string[], token: string, logPath?: string, single?: string): PointsmanRun {
  const built = single === undefined ? ['--enable-source-maps', join(REPOSITORY, 'dist/main.js')] : [];
  const child = spawn(single ?? process.execPath, [...built, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: REPOSITORY,
  });
  const spared = buryLater({ kind: 'process', pid: child.pid ?? -1, token });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      parts.push(bytes);
      if (logPath !== undefined) appendFileSync(logPath, bytes);
    });
  }
  const ended = new Promise<number | NodeJS.Signals>((done) => {
    child.once('error', (error) => {
      parts.push(Buffer.from(error.message));
      done(127);
    });
    child.once('close', (code, signal) => {
      spared();
      done(code ?? signal ?? 'SIGKILL');
    });
  });
  return {
    child,
    pid: child.pid ?? -1,
    log: () => Buffer.concat(parts).toString(),
    ended,
    get running() {
      return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    },
  };
}
