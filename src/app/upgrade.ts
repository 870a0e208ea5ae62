import { type ChildProcess, spawn } from 'node:child_process';
import { isSea } from 'node:sea';
import type { Log } from '../telemetry/log-types.js';
import { type HandoverMessage, handoverOf, type PassedSocket } from './handover.js';

/** The process that has taken over. */
export interface UpgradeReport {
  readonly pid: number;
  readonly version: string;
}

/** An upgrade that did not come about; the old process goes on as if nothing had been. */
export class UpgradeRefused extends Error {
  readonly code = 'PM_UPGRADE';

  constructor(message: string) {
    super(message);
    this.name = 'UpgradeRefused';
  }
}

/** What an upgrade works on. */
export interface UpgradeParts {
  /** Listening sockets as they are now. */
  readonly sockets: () => readonly PassedSocket[];
  /** Why there can be none now; undefined: there can. */
  readonly obstacle: () => string | undefined;
  /** The new process takes clients: this one stops to. */
  readonly handedOver: (report: UpgradeReport) => void;
  readonly log: Log;
  /** The command line of the new process, without the program: for tests. */
  readonly command?: readonly string[];
}

/** It probes its servers and opens its listeners in well under a second; a machine that is busy may take long. */
const START_MS = 60_000;

/** Replaces this process by a new one, of whatever version is on the disk now, that goes on with the same listening sockets. */
export class Upgrade {
  readonly #parts: UpgradeParts;
  #isUnderWay = false;
  #isOver = false;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
  }

  /**
   * Settles once the new process takes clients.
   * @param by who wants it, for the log
   * @throws UpgradeRefused with the reason; nothing has changed then
   */
  async start(by: string): Promise<UpgradeReport> {
    const { log, handedOver } = this.#parts;
    try {
      this.#admit();
      this.#isUnderWay = true;
      log.info({ event: 'upgrade', by, from: process.argv[1] }, 'upgrade: a new process is started');
      const report = await this.#replace().finally(() => {
        this.#isUnderWay = false;
      });
      this.#isOver = true;
      log.info(
        { event: 'upgrade', by, newPid: report.pid, version: report.version },
        `upgrade: process ${report.pid} takes the clients from now on`,
      );
      handedOver(report);
      return report;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ event: 'upgrade', by, reason }, 'upgrade: it did not come about; this process goes on');
      throw error;
    }
  }

  #admit(): void {
    if (this.#isUnderWay) throw new UpgradeRefused('an upgrade is under way');
    if (this.#isOver) throw new UpgradeRefused('another process has taken over already');
    const obstacle = this.#parts.obstacle();
    if (obstacle !== undefined) throw new UpgradeRefused(obstacle);
    if (process.pid === 1) {
      throw new UpgradeRefused(
        'this process is number 1 of its container, which ends with it; replace the container instead, it drains on SIGTERM',
      );
    }
  }

  async #replace(): Promise<UpgradeReport> {
    const { env, stdio } = handoverOf(this.#parts.sockets());
    const { WATCHDOG_PID: _ours, ...inherited } = process.env;
    // A single executable has no script: Node puts the program's own path in its place.
    const command = this.#parts.command ?? process.argv.slice(isSea() ? 2 : 1);
    const child = spawn(process.execPath, [...process.execArgv, ...command], {
      env: { ...inherited, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...stdio],
    });
    try {
      const version = await started(child);
      child.unref();
      return { pid: child.pid ?? 0, version };
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }
}

/** Its version, once it serves. */
function started(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new UpgradeRefused(`the new process did not serve within ${START_MS / 1000} s`)), START_MS);
    const fail = (message: string) => {
      clearTimeout(timer);
      reject(new UpgradeRefused(message));
    };
    child.on('error', (error) => fail(`the new process cannot be started: ${error.message}`));
    child.on('exit', (code, signal) => fail(`the new process ended with ${signal ?? code} before it served; what it wrote says why`));
    child.on('message', (message: HandoverMessage) => {
      if (message.type === 'failed') return fail(`the new process could not start: ${message.message}`);
      clearTimeout(timer);
      resolve(message.version);
    });
  });
}
