import type { RateLimitOptions } from './rule-options.js';

/** What is left of one allowance, and when that was so. */
interface Bucket {
  left: number;
  atMs: number;
}

/** Allowances kept at most per rule; beyond it the one used longest ago is forgotten, which at worst gives somebody a new burst. */
const MAX_BUCKETS = 10_000;

/** How many statements rules still let through: token buckets, one per rule, or per rule and user or address. One for the whole process group. */
export class RateLimits {
  readonly #limits: ReadonlyMap<string, RateLimitOptions>;
  readonly #buckets = new Map<string, Map<string, Bucket>>();

  /** @param limits by the rule's name */
  constructor(limits: ReadonlyMap<string, RateLimitOptions>) {
    this.#limits = limits;
  }

  /**
   * Takes one statement out of a rule's allowance.
   * @returns 0, or how many milliseconds it takes until there is one again
   */
  take(rule: string, user: string, client: string, nowMs: number): number {
    const limit = this.#limits.get(rule);
    if (limit === undefined) return 0;
    const perMs = limit.statements / limit.everyMs;
    const most = limit.burst;
    const bucket = this.#bucket(rule, limit.per === 'user' ? user : limit.per === 'client' ? client : '', most, nowMs);
    bucket.left = Math.min(most, bucket.left + (nowMs - bucket.atMs) * perMs);
    bucket.atMs = nowMs;
    if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / perMs));
    bucket.left -= 1;
    return 0;
  }

  #bucket(rule: string, key: string, most: number, nowMs: number): Bucket {
    let buckets = this.#buckets.get(rule);
    if (buckets === undefined) {
      buckets = new Map();
      this.#buckets.set(rule, buckets);
    }
    const bucket = buckets.get(key) ?? { left: most, atMs: nowMs };
    // Re-entered at the end, so that the first is always the one used longest ago.
    if (key !== '') buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > MAX_BUCKETS) buckets.delete(buckets.keys().next().value as string);
    return bucket;
  }
}
