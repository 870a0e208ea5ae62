import type { BackendView, ClusterSnapshot } from '../topology/snapshot.js';
import type { Balancer } from './balancer.js';

export type Route = 'primary' | 'replica';

/** `none`: hold the statement; `reason` names each backend that was left out and why. */
export type Target =
  | { readonly kind: 'backend'; readonly backend: BackendView; readonly reason: string }
  | { readonly kind: 'none'; readonly reason: string };

export interface ChooseOptions {
  /** Backends not to use, by name (a re-run avoids the server that just failed). */
  readonly exclude?: ReadonlySet<string>;
}

/** Route and snapshot to backend. One per worker and cluster. Pure but for the balancer's counters. */
export class Router {
  readonly #balancer: Balancer;

  constructor(balancer: Balancer) {
    this.#balancer = balancer;
  }

  choose(route: Route, snapshot: ClusterSnapshot, options: ChooseOptions = {}): Target {
    const usable = (b: BackendView): boolean => options.exclude?.has(b.name) !== true;
    const primary = snapshot.backends.find(
      (b) => b.name === snapshot.primary && usable(b) && (b.state === 'online' || b.state === 'suspect'),
    );
    if (route === 'replica') {
      const replica = this.#balancer.pick(
        snapshot.backends.filter((b) => b.role === 'replica' && b.readable && b.state === 'online' && usable(b)),
      );
      if (replica !== undefined)
        return { kind: 'backend', backend: replica, reason: `${replica.name}: readable replica with the least work` };
    }
    if (primary !== undefined) return { kind: 'backend', backend: primary, reason: `${primary.name} is the primary` };
    return { kind: 'none', reason: snapshot.backends.map((b) => `${b.name}: ${b.state}, ${b.reason}`).join('; ') };
  }
}
