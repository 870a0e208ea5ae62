import type { Log } from '../telemetry/log-types.js';
import type { BackendWatch } from './backend-watch.js';
import { KeptLink } from './probes/kept-link.js';
import type { Row } from './probes/server-link.js';

/** The end of the binary log, and how far its transactions are committed in the storage engines, which is when readers see them. */
const BOTH = "SHOW MASTER STATUS; SHOW GLOBAL STATUS LIKE 'Binlog\\_snapshot\\_%'";

/** Between two looks while something is not shown yet, ms. */
const PAUSE_MS = 1;

/** Where it cannot be asked (no right to, no binary log), it is not tried again for this long, ms. */
const FORBIDDEN_MS = 60_000;

/** A place in the binary log. */
interface Place {
  readonly file: string;
  readonly position: number;
}

interface Waiting {
  /** The end of the log at a look that began after it came; undefined before. */
  target: Place | undefined;
  readonly untilMs: number;
  readonly done: () => void;
}

/**
 * Waits until a MariaDB primary shows all that it has sent to its replicas. It writes a transaction to the binary log, from where replicas have it, and
 * with lossless semi-synchronous replication waits for them, before it commits it in the storage engine. All commits are shown in the order of
 * the log. All who wait share one connection, and its looks.
 * Source: `MYSQL_BIN_LOG::trx_group_commit_leader` and `TC_LOG_BINLOG::set_status_variables` in MariaDB's sql/log.cc.
 */
export class ShownWatch {
  readonly #link: KeptLink;
  readonly #timeoutMs: number;
  readonly #log: Log;
  #waiting: Waiting[] = [];
  #looking = false;
  /** Somebody waited in vain while so much was shown: as long as it is not more, nobody waits again. */
  #stuckAt: Place | undefined;
  #forbiddenUntilMs = 0;

  constructor(timeoutMs: number, log: Log) {
    this.#timeoutMs = Math.max(1_000, timeoutMs);
    this.#link = new KeptLink(this.#timeoutMs, true);
    this.#log = log;
  }

  /** Resolves when all is shown that was in the log at the time of this call, when the time is over, or when nobody can say. */
  caughtUp(watch: BackendWatch, budgetMs: number): Promise<void> {
    const nowMs = performance.now();
    if (budgetMs <= 0 || nowMs < this.#forbiddenUntilMs) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting.push({ target: undefined, untilMs: nowMs + budgetMs, done });
      if (!this.#looking) void this.#look(watch);
    });
  }

  close(): void {
    this.#link.close();
  }

  async #look(watch: BackendWatch): Promise<void> {
    this.#looking = true;
    try {
      while (this.#waiting.length > 0) {
        const asked = this.#waiting;
        const rows = await (await this.#link.open(watch.link)).query(BOTH, this.#timeoutMs);
        const places = placesOf(rows as unknown as readonly (readonly Row[])[]);
        if (places === undefined) throw new Error('it has no binary log');
        this.#waiting = this.#waiting.filter((each) => !asked.includes(each) || !this.#isOver(each, places));
        if (this.#waiting.some(({ target }) => target !== undefined)) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      this.#link.close();
      this.#forbiddenUntilMs = performance.now() + FORBIDDEN_MS;
      const { message } = error as Error;
      this.#log.warn(
        { backend: watch.name, error: message },
        'what the primary shows cannot be asked: reads may go back in time for a moment',
      );
      for (const { done } of this.#waiting) done();
      this.#waiting = [];
    } finally {
      this.#looking = false;
    }
  }

  #isOver(waiting: Waiting, { end, shown }: { readonly end: Place; readonly shown: Place }): boolean {
    waiting.target ??= end;
    if (this.#stuckAt !== undefined && isBefore(this.#stuckAt, shown)) this.#stuckAt = undefined;
    const isShown = !isBefore(shown, waiting.target);
    const isLate = performance.now() >= waiting.untilMs;
    if (!isShown && isLate) this.#stuckAt = shown;
    if (!isShown && !isLate && this.#stuckAt === undefined) return false;
    waiting.done();
    return true;
  }
}

function placesOf(answers: readonly (readonly Row[])[]): { readonly end: Place; readonly shown: Place } | undefined {
  const log = answers[0]?.[0];
  const status = answers[1] ?? [];
  const of = (name: string) => status.find((row) => row['Variable_name']?.toLowerCase() === `binlog_snapshot_${name}`)?.['Value'] ?? '';
  if (log === undefined || of('file') === '') return undefined;
  return {
    end: { file: log['File'] ?? '', position: Number(log['Position']) },
    shown: { file: of('file'), position: Number(of('position')) },
  };
}

/** File names end in a number of six digits, then seven. */
function isBefore(a: Place, b: Place): boolean {
  if (a.file === b.file) return a.position < b.position;
  return a.file.length === b.file.length ? a.file < b.file : a.file.length < b.file.length;
}
