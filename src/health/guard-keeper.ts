import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendWatch } from './backend-watch.js';
import type { MonitorOptions } from './options.js';
import { dialServer, type ServerLink } from './probes/server-link.js';
import type { WallClock } from './wall-clock.js';

/** How often old tokens are taken away, ms. */
const everyMs = 60_000;
/** When more are left than one visit takes away, the next comes this soon, ms. */
const soonMs = 500;
/** A large batch would hold up replication, and all at once would the commits of others. */
const batchRows = 2_000;
const batchesAVisit = 20;
const betweenBatchesMs = 25;
/**
 * A token counts as long as somebody may ask for it, which is until a hold ends. An hour also covers clocks of proxies that differ. Seconds.
 */
const keptSeconds = 3_600;

/** `made_at_s`: Unix time, by the clock of the proxy. The commits of one moment are spread over the primary key: nobody waits for a neighbour. */
const TABLE = `CREATE TABLE IF NOT EXISTS pointsman.commit_guard (
  token BINARY(16) NOT NULL PRIMARY KEY,
  made_at_s INT UNSIGNED NOT NULL,
  KEY made_at_s (made_at_s)
) ENGINE=InnoDB COMMENT='Pointsman: whether a commit without an answer has happened'`;

/** Makes the table of commit tokens on the primary and keeps it small. */
export class GuardKeeper {
  readonly #options: MonitorOptions;
  readonly #wallClock: WallClock;
  #dueMs = Number.NEGATIVE_INFINITY;
  /** Where the table is known to be. */
  #madeOn = '';
  #busy = false;
  #said = '';

  constructor(options: MonitorOptions, wallClock: WallClock) {
    this.#options = options;
    this.#wallClock = wallClock;
  }

  /** Does what is due on this primary, and tells what it may not do once. */
  consider(primary: BackendWatch): void {
    if (!this.#options.commitGuard || this.#busy || (this.#madeOn === primary.name && performance.now() < this.#dueMs)) return;
    if (this.#madeOn !== primary.name && performance.now() < this.#dueMs - everyMs + soonMs) return;
    this.#busy = true;
    this.#keep(primary)
      .then(
        (deleted) => {
          this.#madeOn = primary.name;
          this.#said = '';
          return deleted >= batchRows * batchesAVisit ? soonMs : everyMs;
        },
        (error: unknown) => {
          this.#say(primary.name, error instanceof Error ? error.message : String(error));
          return everyMs;
        },
      )
      .then((pauseMs) => {
        this.#busy = false;
        this.#dueMs = performance.now() + pauseMs;
      });
  }

  /** @returns how many tokens were taken away */
  async #keep(primary: BackendWatch): Promise<number> {
    const dialMs = this.#options.timeoutMs * 4;
    const link = await dialServer(primary.link, dialMs);
    try {
      if (this.#madeOn !== primary.name) await this.#make(link, dialMs);
      // A clock that was set makes fresh tokens look old: those made before are so, by any clock, once this time is over.
      if (this.#wallClock.evenForMs(performance.now()) < keptSeconds * 1_000) return 0;
      const before = Math.floor(Date.now() / 1000) - keptSeconds;
      let all = 0;
      for (let batch = 0; batch < batchesAVisit; batch += 1) {
        if (batch > 0) await sleep(betweenBatchesMs);
        // In an order, so that replicas that repeat the text take away the same.
        const old = `DELETE FROM pointsman.commit_guard WHERE made_at_s < ${before} ORDER BY made_at_s, token LIMIT ${batchRows}`;
        await link.query(old, dialMs * 5);
        const [row] = await link.query('SELECT ROW_COUNT() AS n', dialMs);
        const deleted = Number(row?.['n'] ?? 0);
        all += deleted;
        if (deleted < batchRows) break;
      }
      return all;
    } finally {
      link.end();
    }
  }

  /** Only where it is not there: DDL stops others for a moment, and is in every replica's log. */
  async #make(link: ServerLink, timeoutMs: number): Promise<void> {
    const found = await link.query(
      "SELECT 1 AS found FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'pointsman' AND TABLE_NAME = 'commit_guard'",
      timeoutMs,
    );
    if (found.length > 0) return;
    await link.query('CREATE DATABASE IF NOT EXISTS pointsman', timeoutMs);
    await link.query(TABLE, timeoutMs * 5);
    this.#options.log.info({ cluster: this.#options.cluster }, 'commitGuard: the table pointsman.commit_guard was made');
  }

  #say(backend: string, reason: string): void {
    if (this.#said === reason) return;
    this.#said = reason;
    const { cluster, log } = this.#options;
    log.warn({ cluster, backend, reason }, 'commitGuard: its table cannot be made or kept small (pointsman doctor says what is missing)');
  }
}
