import { spawn } from 'node:child_process';
import type { Log } from '../telemetry/log-types.js';

/** systemd-notify waits until systemd has read what it says; it must not pile up where nobody reads. */
const NOTE_MS = 5_000;

/**
 * Tells the service manager how the service is: https://www.freedesktop.org/software/systemd/man/sd_notify.html. Node has no unix datagram
 * sockets, so `systemd-notify` says it. Without NOTIFY_SOCKET all of it does nothing.
 */
export class ServiceNotes {
  readonly #log: Log;
  readonly #watchdog: NodeJS.Timeout | undefined;
  #hasFailed = false;
  #hasEnded = false;

  constructor(log: Log) {
    this.#log = log;
    const { WATCHDOG_USEC, WATCHDOG_PID } = process.env;
    const everyMs = Number(WATCHDOG_USEC ?? 0) / 1000;
    const isWatched = everyMs > 0 && (WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid));
    // Twice in its time, as systemd advises. A process that hangs does not come to this.
    if (isWatched) this.#watchdog = setInterval(() => void this.#say('WATCHDOG=1'), everyMs / 2).unref();
  }

  /** Clients may come; also after a reload. The main process of the service is this one. */
  ready(status: string): Promise<void> {
    return this.#say('READY=1', `MAINPID=${process.pid}`, `STATUS=${status}`);
  }

  reloading(): Promise<void> {
    return this.#say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): Promise<void> {
    return this.#say('STOPPING=1', 'STATUS=draining');
  }

  /** Another process is the service now: its notes count. */
  end(): void {
    clearInterval(this.#watchdog);
    this.#hasEnded = true;
  }

  /** Settles once it was said, or could not be. */
  #say(...words: readonly string[]): Promise<void> {
    if (this.#hasEnded || process.env['NOTIFY_SOCKET'] === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const child = spawn('systemd-notify', words, { stdio: 'ignore', timeout: NOTE_MS });
      child.once('error', (error) => {
        this.#failed(error.message);
        resolve();
      });
      child.once('exit', (code, signal) => {
        if (code !== 0) this.#failed(`it ended with ${signal ?? code}`);
        resolve();
      });
    });
  }

  /** Said once: it would be the same each time. */
  #failed(reason: string): void {
    if (!this.#hasFailed) this.#log.warn({ reason }, 'systemd-notify: the service manager could not be told');
    this.#hasFailed = true;
  }
}
