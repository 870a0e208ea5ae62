import type { ClusterSnapshot } from '../topology/snapshot.js';

/** Bounds of a cluster's hold in this process. */
export interface HoldOptions {
  readonly timeoutMs: number;
  readonly maxStatements: number;
  readonly maxBytes: number;
  /** Statements let go per second once there is a target, so that a new primary is not met by all at once. */
  readonly drainPerSecond: number;
}

/** `ready`: go on; `expired`: its time is over; `cancelled`: by `HoldTicket.cancel`. */
export type HoldEnd = 'ready' | 'expired' | 'cancelled';

export interface HoldTicket {
  cancel(): void;
}

interface Waiter {
  readonly bytes: number;
  readonly ready: (snapshot: ClusterSnapshot) => boolean;
  readonly done: (end: HoldEnd) => void;
  readonly timer: NodeJS.Timeout;
}

/** Statements are let go in slices of this many ms. */
const SLICE_MS = 10;

/**
 * Statements that wait for a target: first in, first out, bounded in count, bytes and time, let go at a limited rate. One per cluster
 * and process.
 */
export class HoldQueue {
  /** Replaced as a whole; who waits already goes on by the time it was given. */
  options: HoldOptions;
  readonly #waiters = new Set<Waiter>();
  #bytes = 0;
  #snapshot: ClusterSnapshot;
  #draining: NodeJS.Timeout | undefined;
  /** May rise above one slice's worth only up to it, so that an idle queue gives no burst. */
  #credit = 0;
  #drainedMs = 0;

  constructor(options: HoldOptions, snapshot: ClusterSnapshot) {
    this.options = options;
    this.#snapshot = snapshot;
  }

  get size(): number {
    return this.#waiters.size;
  }

  get timeoutMs(): number {
    return this.options.timeoutMs;
  }

  /** Which bound leaves no room for a statement of `bytes`; undefined when there is room. */
  full(bytes: number): string | undefined {
    if (this.#waiters.size >= this.options.maxStatements) return `${this.options.maxStatements} statements`;
    if (this.#bytes + bytes > this.options.maxBytes) return `${this.options.maxBytes} bytes`;
    return undefined;
  }

  /**
   * Waits until `ready` holds for a snapshot and it is this statement's turn. `done` is called exactly once, never before `wait` returns.
   * @param timeoutMs what is left of the statement's time
   */
  wait(bytes: number, timeoutMs: number, ready: (snapshot: ClusterSnapshot) => boolean, done: (end: HoldEnd) => void): HoldTicket {
    const waiter: Waiter = { bytes, ready, done, timer: setTimeout(() => this.#end(waiter, 'expired'), Math.max(0, timeoutMs)) };
    this.#waiters.add(waiter);
    this.#bytes += bytes;
    this.#drainSoon(0);
    return { cancel: () => this.#end(waiter, 'cancelled') };
  }

  /** A new view of the cluster: those whose wish it fulfils are let go. */
  update(snapshot: ClusterSnapshot): void {
    this.#snapshot = snapshot;
    if (this.#waiters.size > 0) this.#drainSoon(0);
  }

  /** Has the wishes looked at once more after this many ms: for those that depend on time. */
  lookAgain(delayMs: number): void {
    setTimeout(() => this.#drainSoon(0), delayMs);
  }

  #end(waiter: Waiter, end: HoldEnd): void {
    if (!this.#waiters.delete(waiter)) return;
    clearTimeout(waiter.timer);
    this.#bytes -= waiter.bytes;
    waiter.done(end);
  }

  #drainSoon(delayMs: number): void {
    if (this.#draining !== undefined) return;
    this.#draining = setTimeout(() => {
      this.#draining = undefined;
      this.#drain();
    }, delayMs);
  }

  #drain(): void {
    const perMs = this.options.drainPerSecond / 1000;
    const nowMs = performance.now();
    this.#credit = Math.min(this.#credit + (nowMs - this.#drainedMs) * perMs, Math.max(1, SLICE_MS * perMs));
    this.#drainedMs = nowMs;
    for (const waiter of this.#waiters) {
      if (!waiter.ready(this.#snapshot)) continue;
      if (this.#credit < 1) return this.#drainSoon(SLICE_MS);
      this.#credit--;
      this.#end(waiter, 'ready');
    }
  }
}
