import { type LookupAddress, lookup as lookupNow } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Log } from '../telemetry/log-types.js';

/** What was found counts for this long; then it is asked for again, and what is known goes on counting until there is an answer. */
const FRESH_MS = 1_000;

interface Entry {
  found: readonly LookupAddress[];
  askedMs: number;
  asking: boolean;
  failing: boolean;
}

type Found = (error: NodeJS.ErrnoException | null, found: readonly LookupAddress[]) => void;

/**
 * The name service, remembered: a server that was found once is reached while the service is dead or slow, and no connection waits for it. (Node asks the
 * system on one of four threads; a dead service keeps each of them busy for seconds.) A name that moves is seen with the second connection.
 */
export class RememberedNames {
  readonly #log: Log;
  readonly #ask: (host: string, done: Found) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Map<string, Found[]>();

  /** @param ask for tests */
  constructor(log: Log, ask: (host: string, done: Found) => void = (host, done) => lookupNow(host, { all: true }, done)) {
    this.#log = log;
    this.#ask = ask;
  }

  /** For `net.connect`. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.#find(host, (error, all) => {
      const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
      const found = family === 0 ? all : all.filter((each) => each.family === family);
      const [first] = found;
      if (error !== null || first === undefined) callback(error ?? noAddress(host), '');
      else if (options.all === true) callback(null, [...found]);
      else callback(null, first.address, first.family);
    });
  };

  #find(host: string, done: Found): void {
    const entry = this.#entries.get(host);
    if (entry === undefined) {
      const waiting = this.#waiting.get(host);
      if (waiting !== undefined) waiting.push(done);
      else this.#findFirst(host, done);
      return;
    }
    if (!entry.asking && performance.now() - entry.askedMs >= FRESH_MS) this.#refresh(host, entry);
    process.nextTick(done, null, entry.found);
  }

  #findFirst(host: string, done: Found): void {
    this.#waiting.set(host, [done]);
    this.#ask(host, (error, found) => {
      const waiting = this.#waiting.get(host) ?? [];
      this.#waiting.delete(host);
      if (error === null) this.#entries.set(host, { found, askedMs: performance.now(), asking: false, failing: false });
      for (const each of waiting) each(error, found);
    });
  }

  #refresh(host: string, entry: Entry): void {
    entry.asking = true;
    this.#ask(host, (error, found) => {
      entry.asking = false;
      entry.askedMs = performance.now();
      const addresses = (error === null ? found : entry.found).map(({ address }) => address);
      if (error !== null && !entry.failing)
        this.#log.error(
          { host, addresses, error: error.message },
          `the name ${host} cannot be resolved; its last addresses stay: ${addresses.join(', ')}`,
        );
      if (error === null && entry.failing) this.#log.info({ host, addresses }, `the name ${host} is resolved again`);
      entry.failing = error !== null;
      if (error === null) entry.found = found;
    });
  }
}

function noAddress(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
}
