interface Bucket {
  tokens: number;
  atMs: number;
}

/** More callers than this at a time push out the one unseen longest: memory is bounded. */
const MAX_CALLERS = 4_096;

/** So many requests at once and so many per second, for each caller apart. */
export class RateLimit {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /**
   * Takes one request out of the caller's allowance.
   * @param nowMs of a clock that does not jump
   * @returns 0: go on; else in how many ms the next is allowed
   */
  take(caller: string, nowMs: number): number {
    const bucket = this.#bucket(caller, nowMs);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.#perSecond) * 1000);
    bucket.tokens -= 1;
    return 0;
  }

  /** As `take`, but takes nothing. */
  wait(caller: string, nowMs: number): number {
    const bucket = this.#bucket(caller, nowMs);
    return bucket.tokens < 1 ? Math.ceil(((1 - bucket.tokens) / this.#perSecond) * 1000) : 0;
  }

  #bucket(caller: string, nowMs: number): Bucket {
    const known = this.#buckets.get(caller);
    const bucket = known ?? { tokens: this.#burst, atMs: nowMs };
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * this.#perSecond);
    bucket.atMs = nowMs;
    // To the end: the first is the one unseen longest.
    if (known !== undefined) this.#buckets.delete(caller);
    else if (this.#buckets.size >= MAX_CALLERS) this.#buckets.delete(this.#buckets.keys().next().value as string);
    this.#buckets.set(caller, bucket);
    return bucket;
  }
}
