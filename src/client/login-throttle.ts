/** So many wrong passwords for one account from one address are taken at once, and so many a second after that. */
const BURST = 20;
const PER_SECOND = 2;

/** Pairs remembered at most; the oldest go first. */
const MOST_PAIRS = 10_000;

interface Failures {
  /** Tries that are left. */
  left: number;
  atMs: number;
}

/**
 * Slows down who guesses passwords. Failures count by address and account together: whoever guesses shuts out neither the account's owner,
 * who comes from elsewhere, nor the other accounts of his own address.
 */
export class LoginThrottle {
  readonly #pairs = new Map<string, Failures>();
  readonly #now: () => number;

  /** @param now a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long this pair has to wait before its next try is looked at; 0: not at all. Milliseconds. */
  waitMs(address: string, user: string): number {
    const failures = this.#pairs.get(key(address, user));
    if (failures === undefined) return 0;
    const left = this.#leftNow(failures);
    return left >= 1 ? 0 : Math.ceil(((1 - left) / PER_SECOND) * 1000);
  }

  /**
   * Counts a try before it is judged, where half of the burst is used up: many tries side by side would all be looked at before the first has
   * failed. True: it is counted, `failed` is not to be called for it.
   */
  prepay(address: string, user: string): boolean {
    const failures = this.#pairs.get(key(address, user));
    if (failures === undefined || this.#leftNow(failures) > BURST / 2) return false;
    this.failed(address, user);
    return true;
  }

  failed(address: string, user: string): void {
    const pair = key(address, user);
    const failures = this.#pairs.get(pair) ?? { left: BURST, atMs: this.#now() };
    this.#pairs.delete(pair);
    this.#pairs.set(pair, { left: Math.max(0, this.#leftNow(failures) - 1), atMs: this.#now() });
    if (this.#pairs.size > MOST_PAIRS) this.#pairs.delete(this.#pairs.keys().next().value as string);
  }

  /** A right password ends the count. */
  succeeded(address: string, user: string): void {
    this.#pairs.delete(key(address, user));
  }

  #leftNow({ left, atMs }: Failures): number {
    return Math.min(BURST, left + ((this.#now() - atMs) / 1000) * PER_SECOND);
  }
}

function key(address: string, user: string): string {
  return `${address}\0${user}`;
}
