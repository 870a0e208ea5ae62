import type { BackendView, ClusterSnapshot } from '../topology/snapshot.js';
import type { Balancer } from './balancer.js';
import { explainTarget } from './explain.js';
import { type Preferences, type Route, suitability } from './suitability.js';

export type { Route } from './suitability.js';
/** What a listener or an account is given: one server for the whole session, or each statement its own. */
export type SessionRoute = Route | 'split';
export type ChooseOptions = Preferences;

/** Where to go. `none`: hold. `reason` is a sentence for people, made only when it is read. */
export type Target =
  | { readonly kind: 'backend'; readonly backend: BackendView; readonly reason: string }
  | { readonly kind: 'none'; readonly reason: string };

/** Route and snapshot to backend. One per worker and cluster. Keeps nothing but the balancer's counters. */
export class Router {
  readonly #balancer: Balancer;

  constructor(balancer: Balancer) {
    this.#balancer = balancer;
  }

  /**
   * Chooses a backend for a session (or a statement). The choice counts as a turn for balancing; call `Balancer.acquire` when it is used.
   */
  choose(route: Route, snapshot: ClusterSnapshot, options: ChooseOptions = {}): Target {
    let bestRank = Number.POSITIVE_INFINITY;
    let best: BackendView[] = [];
    for (const backend of snapshot.backends) {
      const rank = suitability(backend, route, snapshot, options);
      if (rank === undefined || rank > bestRank) continue;
      if (rank < bestRank) best = [];
      bestRank = rank;
      best.push(backend);
    }
    const backend = this.#balancer.pick(best);
    const reason = (): string => explainTarget(backend, route, snapshot, options, this.#balancer);
    return backend === undefined
      ? {
          kind: 'none',
          get reason() {
            return reason();
          },
        }
      : {
          kind: 'backend',
          backend,
          get reason() {
            return reason();
          },
        };
  }
}
