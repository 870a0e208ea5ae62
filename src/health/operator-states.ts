import type { Pause } from '../topology/snapshot.js';

/** `draining`: sessions leave where nothing is lost by it, no new ones come. `maintenance`: they leave in any case. Transactions end first. */
export type OperatorState = 'draining' | 'maintenance';

/** Which servers operators have taken out, and whether they let the cluster pause. Kept as long as the process lives, also over a reload. */
export class OperatorStates {
  pause: Pause | undefined;
  /** Who takes the writes by an operator's order, where proxies choose that themselves; for as long as it can. */
  chosen: string | undefined;
  readonly #states = new Map<string, OperatorState>();

  of(backend: string): OperatorState | undefined {
    return this.#states.get(backend);
  }

  /** @returns the state before */
  set(backend: string, state: OperatorState | undefined): OperatorState | undefined {
    const before = this.#states.get(backend);
    if (state === undefined) this.#states.delete(backend);
    else this.#states.set(backend, state);
    return before;
  }

  /** For drift: what differs from the configuration. */
  get all(): ReadonlyMap<string, OperatorState> {
    return this.#states;
  }
}
