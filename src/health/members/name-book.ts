import type { Log } from '../../telemetry/log-types.js';
import { oneFamily } from '../../topology/members.js';

/** Asks the name service for all addresses of a host; like `dns.promises.lookup` with `all`. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** An address counts as gone when it is missing this many times in a row: name services of clusters drop what restarts. */
const MISSING_TIMES = 3;
/** The start does not wait longer for a name service. */
const LOOKUP_MS = 2_000;

interface Entry {
  addresses: readonly string[];
  /** How often in a row each was missing. */
  readonly missing: Map<string, number>;
  failing: boolean;
}

/** Which addresses host names have. A name that cannot be resolved any more keeps those it had, and the log says so. */
export class NameBook {
  readonly #lookup: Lookup;
  readonly #log: Log;
  readonly #cluster: string;
  readonly #entries = new Map<string, Entry>();

  constructor(lookup: Lookup, cluster: string, log: Log) {
    this.#lookup = lookup;
    this.#cluster = cluster;
    this.#log = log;
  }

  /** Known so far, by host; sorted. */
  get addresses(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#entries].map(([host, { addresses }]) => [host, addresses]));
  }

  /**
   * Asks for all of them again. Never rejects.
   * @param kept addresses that stay although the name service has them no more
   */
  async refresh(hosts: readonly string[], kept: ReadonlySet<string>): Promise<void> {
    for (const host of this.#entries.keys()) if (!hosts.includes(host)) this.#entries.delete(host);
    await Promise.all(hosts.map((host) => this.#refresh(host, kept)));
  }

  async #refresh(host: string, kept: ReadonlySet<string>): Promise<void> {
    const entry = this.#entries.get(host) ?? { addresses: [], missing: new Map<string, number>(), failing: false };
    try {
      const found = oneFamily(await inTime(this.#lookup(host), host));
      if (found.length === 0) throw new Error('no address');
      this.#take(entry, found, kept);
      if (entry.failing) this.#log.info({ cluster: this.#cluster, host, addresses: entry.addresses }, `the name ${host} is resolved again`);
      entry.failing = false;
    } catch (error) {
      if (!entry.failing) {
        const rest = entry.addresses.length === 0 ? 'nothing is known of it' : `its last addresses stay: ${entry.addresses.join(', ')}`;
        const fields = { cluster: this.#cluster, host, error: (error as Error).message };
        this.#log.error(fields, `the name ${host} cannot be resolved; ${rest}`);
      }
      entry.failing = true;
    }
    this.#entries.set(host, entry);
  }

  #take(entry: Entry, found: readonly string[], kept: ReadonlySet<string>): void {
    const staying = entry.addresses.filter((address) => {
      if (found.includes(address)) entry.missing.delete(address);
      else entry.missing.set(address, (entry.missing.get(address) ?? 0) + 1);
      return kept.has(address) || (entry.missing.get(address) ?? 0) < MISSING_TIMES;
    });
    entry.addresses = [...new Set([...staying, ...found])].sort();
    for (const address of entry.missing.keys()) if (!entry.addresses.includes(address)) entry.missing.delete(address);
  }
}

function inTime<T>(asked: Promise<T>, host: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer about ${host} within ${LOOKUP_MS} ms`)), LOOKUP_MS);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
