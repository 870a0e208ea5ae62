import { isDeepStrictEqual } from 'node:util';
import { BackendWatch } from './backend-watch.js';
import type { MonitorOptions } from './options.js';
import type { ProbeOutcome } from './probes/prober.js';

/** Falls within this window are counted for damping. */
const flapWindowMs = 60_000;

/** The servers of a cluster that are watched: as many as are configured, in that order. */
export class WatchList {
  readonly #seen: (watch: BackendWatch, outcome: ProbeOutcome) => void;
  #all: readonly BackendWatch[];
  #byName: ReadonlyMap<string, BackendWatch>;

  constructor(options: MonitorOptions, seen: (watch: BackendWatch, outcome: ProbeOutcome) => void) {
    this.#seen = seen;
    this.#all = options.backends.map((_, order) => this.#watch(options, order));
    this.#byName = new Map(this.#all.map((watch) => [watch.name, watch]));
  }

  get all(): readonly BackendWatch[] {
    return this.#all;
  }

  named(name: string): BackendWatch | undefined {
    return this.#byName.get(name);
  }

  /**
   * Goes by new options: servers come and go, those that stay keep what is known about them. A server of another address is another
   * one, whatever its name.
   * @returns those that are new; nobody has looked at them yet
   */
  reconfigure(options: MonitorOptions): readonly BackendWatch[] {
    const added: BackendWatch[] = [];
    const all = options.backends.map((backend, order) => {
      const known = this.#byName.get(backend.name);
      if (known !== undefined && isDeepStrictEqual(known.config.address, backend.address)) {
        known.reconfigure(backend, order, linkOf(options, order), options.timeoutMs, thresholdsOf(options));
        return known;
      }
      const watch = this.#watch(options, order);
      added.push(watch);
      return watch;
    });
    for (const watch of this.#all) if (!all.includes(watch)) watch.stop();
    this.#all = all;
    this.#byName = new Map(all.map((watch) => [watch.name, watch]));
    return added;
  }

  #watch(options: MonitorOptions, order: number): BackendWatch {
    const backend = options.backends[order] as MonitorOptions['backends'][number];
    const seen = (watch: BackendWatch, outcome: ProbeOutcome) => this.#seen(watch, outcome);
    return new BackendWatch(backend, order, linkOf(options, order), options.timeoutMs, thresholdsOf(options), seen);
  }
}

function linkOf({ backends, monitor, tls, localAddress, lookup }: MonitorOptions, order: number) {
  const { address, preamble } = backends[order] as MonitorOptions['backends'][number];
  return { address, account: monitor, tls, localAddress, lookup, preamble };
}

function thresholdsOf({ downAfter, upAfter }: MonitorOptions) {
  return { downAfter, upAfter, flapWindowMs };
}
