import type { Log } from '../telemetry/log-types.js';
import type { BackendWatch } from './backend-watch.js';
import { KeptLink } from './probes/kept-link.js';
import { type Row, serverErrno } from './probes/server-link.js';

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
  readonly primary: BackendWatch;
  readonly #link: KeptLink;
  readonly #timeoutMs: number;
  readonly #log: Log;
  #waiting: Waiting[] = [];
  #looking = false;
  /** Somebody waited in vain while so much was shown: as long as it is not more, nobody waits again. */
  #stuckAt: Place | undefined;
  #forbiddenUntilMs = 0;

  constructor(primary: BackendWatch, timeoutMs: number, log: Log) {
    this.primary = primary;
    this.#timeoutMs = Math.max(1_000, timeoutMs);
    this.#link = new KeptLink(this.#timeoutMs, true);
    this.#log = log;
  }

  /** Resolves when all is shown that was in the log at the time of this call, when the time is over, or when nobody can say. */
  caughtUp(budgetMs: number): Promise<void> {
    const nowMs = performance.now();
    if (budgetMs <= 0 || nowMs < this.#forbiddenUntilMs) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting.push({ target: undefined, untilMs: nowMs + budgetMs, done });
      if (!this.#looking) void this.#look();
    });
  }

  close(): void {
    this.#link.close();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    let asked: Waiting[] = [];
    try {
      while (this.#waiting.length > 0) {
        // Who comes while it is asked needs an answer to a question from after that.
        asked = this.#waiting;
        this.#waiting = [];
        const rows = await (await this.#link.open(this.primary.link)).query(BOTH, this.#timeoutMs);
        const places = placesOf(rows as unknown as readonly (readonly Row[])[]);
        if (places === undefined) return this.#giveUp('it has no binary log');
        asked = asked.filter((each) => !this.#isOver(each, places));
        if (asked.length > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        this.#waiting.push(...asked);
        asked = [];
      }
    } catch (error) {
      // Rights that are granted later count for new connections only.
      this.#link.close();
      if (serverErrno(error) !== undefined) this.#giveUp((error as Error).message);
    } finally {
      this.#looking = false;
      const left = [...asked, ...this.#waiting];
      this.#waiting = [];
      for (const { done } of left) done();
    }
  }

  #giveUp(error: string): void {
    this.#forbiddenUntilMs = performance.now() + FORBIDDEN_MS;
    const message = 'what the primary shows cannot be asked: a read there may show a little less than one on a replica did';
    this.#log.warn({ backend: this.primary.name, error }, message);
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
