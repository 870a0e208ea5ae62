import { asFormerPrimary, asPrimary, type SemiSyncChanges, type SemiSyncVariables, waitsForReplicas } from '../topology/semi-sync.js';
import type { BackendWatch } from './backend-watch.js';
import type { ControlLink } from './control-link.js';
import { LeaseLostError } from './coordination/coordinator.js';
import type { MonitorOptions } from './options.js';
import { dialServer, type Row } from './probes/server-link.js';

/** How often the primary is asked for its settings, ms. */
const askEveryMs = 30_000;
const askSql = "SHOW GLOBAL VARIABLES LIKE 'rpl\\_semi\\_sync\\_%'";

/**
 * Keeps semi-synchronous replication on where it was on: remembers how the primary waits for its replicas, lets its successor do the same,
 * and a former primary confirm what it receives. Other replicas are left as they are. A failure is told and holds nothing up.
 */
export class SemiSyncKeeper {
  readonly #options: MonitorOptions;
  #settings: SemiSyncVariables = new Map();
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking = false;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Asks the primary when it is time to. Failures are not told: any account may ask, so it is the server that fails. */
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

  /** For a promoted server, before clients write to it. @returns what to tell; undefined: nothing was to be done */
  async promoted(watch: BackendWatch, link: ControlLink): Promise<string | undefined> {
    if (!waitsForReplicas(this.#settings)) return undefined;
    return this.#change(watch, link, 'waits for replicas as the old primary did', (has) => asPrimary(this.#settings, has));
  }

  /** For a server without a source, or one that still waits for replicas itself, before it follows the primary. */
  async follows(name: string, link: ControlLink, hasSource: boolean): Promise<string | undefined> {
    if (!waitsForReplicas(this.#settings)) return undefined;
    const changes = (has: SemiSyncVariables) => (hasSource && !waitsForReplicas(has) ? [] : asFormerPrimary(has));
    return this.#change({ name }, link, 'confirms what it receives', changes);
  }

  async #change(
    { name }: { readonly name: string },
    link: ControlLink,
    done: string,
    changesFor: (has: SemiSyncVariables) => SemiSyncChanges | undefined,
  ): Promise<string | undefined> {
    try {
      const changes = changesFor(variables(await link.run(askSql)));
      if (changes === undefined) throw new Error('it has no such variables: install the plugin');
      if (changes.length === 0) return undefined;
      for (const [variable, value] of changes) await link.change(`SET GLOBAL ${variable} = ${/^\w+$/.test(value) ? value : 'DEFAULT'}`);
      return `${name}: semi-sync: ${done} (${changes.map((change) => change.join(' = ')).join(', ')})`;
    } catch (error) {
      if (error instanceof LeaseLostError) throw error;
      const text = `${name}: semi-sync is not as it was on the old primary: ${error instanceof Error ? error.message : String(error)}`;
      this.#options.log.warn({ cluster: this.#options.cluster, backend: name }, text);
      return text;
    }
  }

  async #ask(primary: BackendWatch): Promise<void> {
    const dialMs = this.#options.timeoutMs * 4;
    const link = await dialServer(primary.link, dialMs);
    try {
      this.#settings = variables(await link.query(askSql, dialMs));
    } finally {
      link.end();
    }
  }
}

function variables(rows: readonly Row[]): SemiSyncVariables {
  return new Map(rows.map((row) => [(row['Variable_name'] ?? '').toLowerCase(), row['Value'] ?? '']));
}
