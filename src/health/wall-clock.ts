/** A correction of the wall clock that is smaller is none that anybody has to know of, ms. */
const stepMs = 1_000;

/**
 * Notices that the wall clock was set: durations here are measured by the monotonic clock, so nothing is decided by it; but people compare
 * logs by it, and what other processes stamped with it has an age that it does not tell.
 */
export class WallClock {
  #aheadMs: number | undefined;
  #steppedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param nowMs `performance.now()`
   * @param wallMs Unix ms
   * @returns by how much it was set since the last look, ms, below 0: back; 0: it was not
   */
  look(nowMs: number, wallMs: number): number {
    const aheadMs = wallMs - nowMs;
    const byMs = aheadMs - (this.#aheadMs ?? aheadMs);
    this.#aheadMs = aheadMs;
    if (Math.abs(byMs) < stepMs) return 0;
    this.#steppedAtMs = nowMs;
    return byMs;
  }

  /** How long it has gone evenly for all that is known, ms. */
  evenForMs(nowMs: number): number {
    return nowMs - this.#steppedAtMs;
  }
}
