import type { BackendView } from '../topology/snapshot.js';

/**
 * Weighted least-outstanding choice. One per worker and cluster. Sessions call `acquire` when they take a backend and `release` when they
 * let go of it, whatever their route; counters go by name, so they outlive snapshots.
 *
 * Equal loads (above all: none) take turns in proportion to their weights by stride scheduling: each choice moves a backend's clock on by
 * 1 / weight, and the one whose clock is behind is next. No randomness, so the same calls give the same choices.
 */
export class Balancer {
  readonly #outstanding = new Map<string, number>();
  readonly #clock = new Map<string, number>();
  /** Clock of the backend chosen last; who was away does not catch up on what he missed. */
  #now = 0;

  /** Work begins on a backend. */
  acquire(backend: string): void {
    this.#outstanding.set(backend, this.outstanding(backend) + 1);
  }

  /** Work ends. Never goes below zero. */
  release(backend: string): void {
    const left = this.outstanding(backend) - 1;
    if (left > 0) this.#outstanding.set(backend, left);
    else this.#outstanding.delete(backend);
  }

  /** How much work is under way on a backend. */
  outstanding(backend: string): number {
    return this.#outstanding.get(backend) ?? 0;
  }

  /**
   * The candidate with the least outstanding work per weight. A candidate of weight 0 is taken only when all have it.
   * @returns undefined when there is no candidate
   */
  pick(candidates: readonly BackendView[]): BackendView | undefined {
    let best: BackendView | undefined;
    let bestLoad = 0;
    let bestClock = 0;
    for (const candidate of candidates) {
      const load = candidate.weight > 0 ? this.outstanding(candidate.name) / candidate.weight : Number.MAX_VALUE;
      const clock = this.#clockOf(candidate.name);
      if (best === undefined || load < bestLoad || (load === bestLoad && clock < bestClock)) {
        best = candidate;
        bestLoad = load;
        bestClock = clock;
      }
    }
    if (best !== undefined) {
      this.#now = bestClock;
      this.#clock.set(best.name, bestClock + 1 / Math.max(best.weight, 1));
    }
    return best;
  }

  /** Forgets backends that are no longer configured. */
  keepOnly(backends: ReadonlySet<string>): void {
    for (const name of this.#clock.keys()) if (!backends.has(name)) this.#clock.delete(name);
  }

  #clockOf(backend: string): number {
    return Math.max(this.#clock.get(backend) ?? 0, this.#now);
  }
}
