import type { AdminSource } from './admin-source.js';
import type { EventHub } from './event-hub.js';

interface Report {
  readonly id?: string;
  readonly kind?: string;
  readonly cluster?: string;
  readonly oldPrimary?: string | undefined;
  readonly newPrimary?: string | undefined;
  readonly endedMs?: number | undefined;
}

/** Tells by events when a failover begins and when it is over, as the reports show it. */
export class FailoverWatch {
  readonly #source: AdminSource;
  readonly #events: EventHub;
  #seen: ReadonlyMap<string, boolean> | undefined;

  constructor(source: AdminSource, events: EventHub) {
    this.#source = source;
    this.#events = events;
  }

  /** Called again and again. What was there at the first time is no news. */
  look(): void {
    const before = this.#seen;
    const seen = new Map<string, boolean>();
    for (const report of this.#source.failovers() as readonly Report[]) {
      const { id = '', kind, cluster, oldPrimary, newPrimary, endedMs } = report;
      const over = endedMs !== undefined && endedMs !== null;
      seen.set(id, over);
      if (before !== undefined && before.get(id) !== over)
        this.#events.publish('failover', { id, kind, cluster, oldPrimary, newPrimary, over });
    }
    this.#seen = seen;
  }
}
