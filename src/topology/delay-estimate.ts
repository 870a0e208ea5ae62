import { holds, parsePosition } from './position.js';
import type { ServerSample } from './sample.js';

const keep = 64;

/**
 * How far a replica is behind, found by GTIDs alone, for monitor accounts that may not see the replica status: the time since the
 * primary had its first position that the replica lacks. Exact to the rhythm of the probes.
 */
export class DelayEstimate {
  /** Positions of the primary, oldest first, each with the time it was first seen. */
  #seen: { readonly atMs: number; readonly executed: string }[] = [];
  #id = '';

  sawPrimary(sample: ServerSample | undefined): void {
    if (sample === undefined) return;
    if (sample.id !== this.#id) this.#seen = [];
    this.#id = sample.id;
    if (this.#seen.at(-1)?.executed === sample.executed) return;
    this.#seen.push({ atMs: sample.askedAtMs, executed: sample.executed });
    if (this.#seen.length > keep) this.#seen.shift();
  }

  /** Delay in ms; undefined for a server whose status is visible, without GTIDs, or further behind than remembered. */
  estimateMs(sample: ServerSample | undefined): number | undefined {
    if (sample?.replica !== 'hidden' || sample.executed === '' || this.#seen.length === 0) return undefined;
    const mine = parsePosition(sample.flavor, sample.executed);
    const oldestLacked = this.#seen.findIndex(({ executed }) => !holds(mine, parsePosition(sample.flavor, executed)));
    if (oldestLacked < 0) return 0;
    return oldestLacked === 0 ? undefined : Math.max(0, sample.askedAtMs - (this.#seen[oldestLacked]?.atMs ?? 0));
  }
}
