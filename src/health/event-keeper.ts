import type { BackendWatch } from './backend-watch.js';
import type { ControlLink } from './control-link.js';
import type { MonitorOptions } from './options.js';
import { dialServer } from './probes/server-link.js';

/** How often the primary is asked for its scheduled events, ms. */
const askEveryMs = 30_000;

/**
 * Remembers which scheduled events run on the primary. Replicas hold them all as SLAVESIDE_DISABLED, whether they were enabled or not,
 * so only a memory tells which to enable after a promotion.
 */
export class EventKeeper {
  readonly #options: MonitorOptions;
  #scheduler = false;
  #names: readonly { readonly schema: string; readonly name: string }[] = [];
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking = false;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Asks the primary when it is time to. Failures are not told: the account may not see events, then none are enabled. */
  consider(primary: BackendWatch): void {
    if (this.#asking || performance.now() - this.#askedMs < askEveryMs) return;
    this.#asking = true;
    this.#ask(primary)
      .catch(() => undefined)
      .finally(() => {
        this.#asking = false;
        this.#askedMs = performance.now();
      });
  }

  /** Enables on the promoted server what ran on the old primary. */
  async wake(watch: BackendWatch, link: ControlLink): Promise<void> {
    try {
      const asleep = await link.run(
        "SELECT EVENT_SCHEMA AS s, EVENT_NAME AS n, DEFINER AS d FROM information_schema.EVENTS WHERE STATUS IN ('SLAVESIDE_DISABLED', 'REPLICA_SIDE_DISABLED')",
      );
      for (const { schema, name } of this.#names) {
        const event = asleep.find((row) => row['s'] === schema && row['n'] === name);
        if (event !== undefined) await link.change(`ALTER ${definer(event['d'] ?? '')}EVENT ${quoted(schema)}.${quoted(name)} ENABLE`);
      }
      if (this.#scheduler && this.#names.length > 0) await link.change('SET GLOBAL event_scheduler = ON');
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#options.log.warn(
        { cluster: this.#options.cluster, backend: watch.name, error: text },
        'scheduled events were not enabled on the new primary',
      );
    }
  }

  async #ask(primary: BackendWatch): Promise<void> {
    const dialMs = this.#options.timeoutMs * 4;
    const link = await dialServer(primary.link, dialMs);
    try {
      const [row] = await link.query('SELECT @@global.event_scheduler AS scheduler', dialMs);
      const rows = await link.query(
        "SELECT EVENT_SCHEMA AS s, EVENT_NAME AS n FROM information_schema.EVENTS WHERE STATUS = 'ENABLED'",
        dialMs,
      );
      this.#scheduler = row?.['scheduler'] === 'ON';
      this.#names = rows.map((each) => ({ schema: each['s'] ?? '', name: each['n'] ?? '' }));
    } finally {
      link.end();
    }
  }
}

/** Whoever alters an event becomes its definer, unless the statement names one. */
function definer(account: string): string {
  const at = account.lastIndexOf('@');
  return at < 0 ? '' : `DEFINER = ${quoted(account.slice(0, at))}@${quoted(account.slice(at + 1))} `;
}

function quoted(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``;
}
