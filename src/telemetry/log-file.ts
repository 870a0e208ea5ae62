import { fstatSync, statSync } from 'node:fs';
import { pino } from 'pino';

/** Lines that wait for a disk that does not take them; what is over is dropped rather than kept in memory. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** How often it is looked whether the file was moved away. */
const LOOK_EVERY_MS = 1_000;
/** A full disk is complained about once in this time. */
const COMPLAIN_EVERY_MS = 60_000;

/** A file that lines are appended to. Several processes may write to one; writing never waits. A file that was moved away (logrotate) is made anew. */
export class LogFile {
  readonly #path: string;
  readonly #destination: ReturnType<typeof pino.destination>;
  readonly #timer: NodeJS.Timeout;
  readonly #trouble: (reason: string) => void;
  #complainedAtMs = Number.NEGATIVE_INFINITY;

  /** @param trouble told, at most once a minute, why lines cannot be written */
  constructor(path: string, trouble: (reason: string) => void) {
    this.#path = path;
    this.#trouble = trouble;
    this.#destination = pino.destination({ dest: path, append: true, mkdir: true, sync: false, maxLength: MAX_BUFFERED_BYTES });
    this.#destination.on('error', (error: Error) => this.#complain(error.message));
    this.#destination.on('drop', () =>
      this.#complain(`more than ${MAX_BUFFERED_BYTES / 1024 / 1024} MiB wait for the disk; lines are lost`),
    );
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** @param lines with their line breaks */
  write(lines: string): void {
    this.#destination.write(lines);
  }

  /** Writes what waits, and ends. */
  close(): void {
    clearInterval(this.#timer);
    try {
      this.#destination.flushSync();
    } catch {
      // The disk takes nothing: that was complained about.
    }
    this.#destination.end();
  }

  #look(): void {
    const { fd } = this.#destination as unknown as { fd: number };
    if (fd < 0) return;
    try {
      if (statSync(this.#path).ino === fstatSync(fd).ino) return;
    } catch {
      // It is not there any more.
    }
    this.#destination.reopen();
  }

  #complain(reason: string): void {
    const now = performance.now();
    if (now - this.#complainedAtMs < COMPLAIN_EVERY_MS) return;
    this.#complainedAtMs = now;
    this.#trouble(reason);
  }
}
