import { findKind } from '../topology/find-kind.js';
import type { ServerFacts } from '../topology/roles.js';
import type { Topology } from '../topology/snapshot.js';
import type { MonitorOptions } from './options.js';

/** What kind of cluster this is, as configured or as its servers say; what is found out is logged. */
export class TopologyKind {
  readonly #options: MonitorOptions;
  #now: Topology | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** undefined before the first look at all servers. */
  get now(): Topology | undefined {
    return this.#now;
  }

  /** For a snapshot. */
  get field(): { readonly topology?: Topology } {
    return this.#now === undefined ? {} : { topology: this.#now };
  }

  look(servers: readonly ServerFacts[]): Topology {
    const { topology, cluster, log } = this.#options;
    const before = this.#now;
    const now: Topology = topology === 'auto' ? findKind(servers, before) : { kind: topology, because: 'configured' };
    if (before?.kind === now.kind && before.because === now.because) return before;
    this.#now = now;
    if (before?.kind !== now.kind) log.info({ cluster, topology: now.kind, reason: now.because }, `cluster ${cluster} is ${now.kind}`);
    return now;
  }
}
