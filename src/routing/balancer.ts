import type { BackendView } from '../topology/snapshot.js';

/**
 * Weighted least-outstanding choice. One per worker and cluster. Sessions call `acquire` when they attach to a backend (route replica or
 * primary alike) and `release` when they let go of it; names, not objects, so counters survive new snapshots.
 */
export class Balancer {
  readonly #outstanding = new Map<string, number>();
  #turn = 0;

  acquire(backend: string): void {
    this.#outstanding.set(backend, this.outstanding(backend) + 1);
  }

  release(backend: string): void {
    const left = this.outstanding(backend) - 1;
    if (left > 0) this.#outstanding.set(backend, left);
    else this.#outstanding.delete(backend);
  }

  outstanding(backend: string): number {
    return this.#outstanding.get(backend) ?? 0;
  }

  /** The candidate with the least outstanding work per weight; equal ones take turns. Undefined when there is none. */
  pick(candidates: readonly BackendView[]): BackendView | undefined {
    let best: BackendView | undefined;
    let bestLoad = Number.POSITIVE_INFINITY;
    const count = candidates.length;
    const first = count === 0 ? 0 : this.#turn++ % count;
    for (let i = 0; i < count; i++) {
      const candidate = candidates[(first + i) % count];
      if (candidate === undefined) continue;
      const load = (this.outstanding(candidate.name) + 1) / Math.max(candidate.weight, 1e-9);
      if (load < bestLoad) {
        best = candidate;
        bestLoad = load;
      }
    }
    return best;
  }
}
