/**
 * The query of death: a statement (its digest) that was in flight at two separate server deaths, without having completed in between,
 * does not get a third server for a while. Pure: times are arguments (monotonic ms).
 */
export class Quarantine {
  readonly #holdMs: number;
  readonly #suspects = new Map<string, { readonly death: string; readonly atMs: number }>();
  readonly #untilMs = new Map<string, number>();

  /** @param holdMs how long a digest stays quarantined, and how long a first death is remembered */
  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  /** False while nothing is suspected or held: callers on the hot path compute no digests then. */
  get hasSuspects(): boolean {
    return this.#suspects.size > 0 || this.#untilMs.size > 0;
  }

  /**
   * Digests in flight when a server died. `death` names the event (server and its start), so that the many sessions that report the
   * same death count once. Returns the digests that are quarantined by it.
   */
  died(death: string, digests: readonly string[], nowMs: number): readonly string[] {
    this.#forget(nowMs);
    const condemned: string[] = [];
    for (const digest of digests) {
      const before = this.#suspects.get(digest);
      if (before === undefined) this.#suspects.set(digest, { death, atMs: nowMs });
      else if (before.death !== death) {
        this.#suspects.delete(digest);
        this.#untilMs.set(digest, nowMs + this.#holdMs);
        condemned.push(digest);
      }
    }
    return condemned;
  }

  /** The statement ran to its end somewhere: it is not what kills servers. */
  completed(digest: string): void {
    this.#suspects.delete(digest);
  }

  holds(digest: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(digest);
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#untilMs.delete(digest);
    return false;
  }

  /** All digests that are quarantined now. */
  held(nowMs: number): readonly string[] {
    this.#forget(nowMs);
    return [...this.#untilMs.keys()];
  }

  #forget(nowMs: number): void {
    for (const [digest, { atMs }] of this.#suspects) if (nowMs - atMs > this.#holdMs) this.#suspects.delete(digest);
    for (const [digest, untilMs] of this.#untilMs) if (nowMs >= untilMs) this.#untilMs.delete(digest);
  }
}
