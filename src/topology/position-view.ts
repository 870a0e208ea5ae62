import { GtidSet } from './gtid-set.js';
import type { BackendProgress, PositionReport } from './position-report.js';
import { isLogStream, type Progress } from './progress.js';

/** After a wait in vain, the next one at that server is tried this much later at the earliest; doubled each time. Milliseconds. */
const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 30_000;

/** Of those that committed in the end nobody tells; they are forgotten at times. */
const MOST_HELD_UP = 1_000;

/** A mark that a server was waited for in vain. */
interface Missed {
  readonly stream: string;
  readonly last: number;
  readonly untilMs: number;
  readonly pauseMs: number;
}

/** How far one server is, as far as this process knows: by the monitor's looks, and by what sessions proved since. */
export class BackendPosition {
  readonly backend: string;
  sampledAtMs = Number.NEGATIVE_INFINITY;
  severalStreams = false;
  /** See `BackendProgress`; Infinity for who is not primary. */
  primarySinceMs = Number.POSITIVE_INFINITY;
  readonly #reached = new Map<string, number>();
  readonly #freshAsOf = new Map<string, number>();
  #provedAtMs = Number.NEGATIVE_INFINITY;
  #keepsUp = false;
  #heldUp = GtidSet.empty;
  #missed: Missed | undefined;

  constructor(backend: string) {
    this.backend = backend;
  }

  get reached(): Progress {
    return this.#reached;
  }

  /** Its transactions have GTIDs: what it has can be asked and waited for by name. */
  get hasGtids(): boolean {
    for (const stream of this.#reached.keys()) if (isLogStream(stream)) return false;
    return this.#reached.size > 0;
  }

  /** It has all that `backend` had at this time. -Infinity: not known. */
  freshAsOf(backend: string): number {
    return this.#freshAsOf.get(backend) ?? Number.NEGATIVE_INFINITY;
  }

  /** Transactions that it has been about to commit for longer than was waited for: somebody sits on their GTIDs. */
  get heldUp(): GtidSet {
    return this.#heldUp;
  }

  isHeldUp(gtids: GtidSet): void {
    const all = gtids.union(this.#heldUp);
    this.#heldUp = all.count > MOST_HELD_UP ? gtids : all;
  }

  /** A wait at the server ended well. */
  proved(stream: string, last: number, nowMs: number): void {
    if ((this.#reached.get(stream) ?? 0) < last) this.#reached.set(stream, last);
    this.#provedAtMs = nowMs;
    this.#missed = undefined;
  }

  /** A wait at the server ended without it. */
  missed(stream: string, last: number, nowMs: number): void {
    const known = this.#missed;
    if (known !== undefined && known.untilMs > nowMs) return;
    const pauseMs = known === undefined ? FIRST_PAUSE_MS : Math.min(known.pauseMs * 2, LAST_PAUSE_MS);
    this.#missed = { stream, last, untilMs: nowMs + pauseMs, pauseMs };
  }

  /**
   * False right after a wait in vain, for longer the more often that happens, and for as long again when no look has shown since that the
   * server came so far. (It may never: what was waited for may be lost.)
   */
  worthWaiting(nowMs: number): boolean {
    if (!this.#keepsUp) return false;
    const missed = this.#missed;
    if (missed === undefined) return true;
    const cameSoFar = (this.#reached.get(missed.stream) ?? 0) >= missed.last;
    return nowMs >= missed.untilMs + (cameSoFar ? 0 : missed.pauseMs);
  }

  update({ sampledAtMs, reached, freshAsOf, keepsUp, severalStreams, primarySinceMs }: BackendProgress): void {
    // What was proven while the look was under way may be newer than the look.
    const mayBeNewer = this.#provedAtMs >= sampledAtMs;
    if (!mayBeNewer) this.#reached.clear();
    for (const [stream, last] of reached) if ((this.#reached.get(stream) ?? 0) < last) this.#reached.set(stream, last);
    this.#freshAsOf.clear();
    for (const [backend, atMs] of freshAsOf) this.#freshAsOf.set(backend, atMs);
    this.sampledAtMs = sampledAtMs;
    this.#keepsUp = keepsUp;
    this.severalStreams = severalStreams;
    this.primarySinceMs = primarySinceMs ?? Number.POSITIVE_INFINITY;
  }
}

/** How far the servers of a cluster are. One per process and cluster, fed with the monitor's reports. */
export class PositionView {
  readonly #backends = new Map<string, BackendPosition>();

  /** The same object until the server is set back: whoever proved something about it may compare objects. */
  of(backend: string): BackendPosition | undefined {
    return this.#backends.get(backend);
  }

  /** What the primary had when it was last looked at as such; undefined while that has not happened. */
  primaryLook(primary: string | undefined): BackendPosition | undefined {
    const position = primary === undefined ? undefined : this.#backends.get(primary);
    return position !== undefined && position.sampledAtMs >= position.primarySinceMs ? position : undefined;
  }

  update(report: PositionReport): void {
    for (const progress of report.backends) {
      let position = progress.setBack ? undefined : this.#backends.get(progress.backend);
      if (position === undefined) {
        position = new BackendPosition(progress.backend);
        this.#backends.set(progress.backend, position);
      }
      position.update(progress);
    }
  }
}
