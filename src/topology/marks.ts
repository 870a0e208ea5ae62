import { marksOf, type Progress } from './progress.js';

/**
 * A look has to have begun this much after a mark was set to say that it is lost. There is no hurry, and a mark may be of a transaction that the
 * primary showed and had not listed yet. Milliseconds.
 */
const SURELY_AFTER_MS = 1_000;

interface Mark {
  readonly last: number;
  readonly atMs: number;
}

/** A look at the primary: what it has, and when that was asked. */
export interface PrimaryLook {
  readonly sampledAtMs: number;
  readonly reached: Progress;
}

/** The highest transaction of each stream that somebody was told is committed, and when. Usually one stream, or none. */
export class Marks {
  readonly #marks = new Map<string, Mark>();
  /** Rises with every change. */
  version = 0;

  /** @param gtid as an OK packet names it */
  add(gtid: string, nowMs: number): void {
    for (const [stream, last] of marksOf(gtid)) this.raise(stream, last, nowMs);
  }

  raise(stream: string, last: number, nowMs: number): void {
    const known = this.#marks.get(stream);
    if (known !== undefined && known.last >= last) return;
    this.#marks.set(stream, { last, atMs: nowMs });
    this.version += 1;
  }

  get isEmpty(): boolean {
    return this.#marks.size === 0;
  }

  /** The mark of a stream; 0 without one. */
  last(stream: string): number {
    return this.#marks.get(stream)?.last ?? 0;
  }

  *[Symbol.iterator](): Iterator<readonly [stream: string, last: number]> {
    for (const [stream, { last }] of this.#marks) yield [stream, last];
  }

  heldBy(holder: Progress): boolean {
    for (const [stream, { last }] of this.#marks) if ((holder.get(stream) ?? 0) < last) return false;
    return true;
  }

  /**
   * What the primary did not have when it was looked at *after* the mark was set is lost: no server will ever have it, and waiting for it
   * would keep reads from the replicas for ever. (A failover may lose what was acknowledged, and so may a crash.)
   */
  cut(primary: PrimaryLook): void {
    for (const [stream, { last, atMs }] of this.#marks) {
      const has = primary.reached.get(stream) ?? 0;
      if (has >= last || primary.sampledAtMs < atMs + SURELY_AFTER_MS) continue;
      this.version += 1;
      if (has === 0) this.#marks.delete(stream);
      else this.#marks.set(stream, { last: has, atMs });
    }
  }
}
