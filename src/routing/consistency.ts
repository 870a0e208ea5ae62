import type { GroupMarks } from '../topology/link.js';
import { Marks } from '../topology/marks.js';
import type { BackendPosition, PositionView } from '../topology/position-view.js';
import type { Progress } from '../topology/progress.js';

/**
 * What a read is promised. `eventual`: nothing. `session`: what this session wrote, and never less than it has read. `global`: also what
 * any session of this proxy was told is committed.
 */
export type ConsistencyLevel = 'eventual' | 'session' | 'global';

/**
 * A MariaDB replica without `log_slave_updates` shows a transaction to readers a moment before it lists it in `gtid_slave_pos`. A look that
 * began this much after a read has everything that the read saw. Milliseconds. (MySQL does the same with `gtid_executed`, but there
 * `gtid_owned` tells of such transactions, however long it takes.)
 */
export const LISTED_AFTER_MS = 10;

/** What one session must see, and which servers are proven to show it. */
export class Consistency {
  /** Its own writes. */
  readonly own = new Marks();
  /** The server that was read last, and when the answer was complete. */
  #seenOn: string | undefined;
  #seenAtMs = 0;
  /** It has all that is wanted of it now: the usual read costs this one comparison. */
  #proven: BackendPosition | undefined;
  /** A replica was read, and nothing since says that the primary shows all that was seen there. */
  readOnReplica = false;
  /** Reads in a row for which no replica was known to be fresh, though it might be. */
  readsInVain = 0;
  /** Up to which version the marks of the whole process group were proven there. */
  #provenGroup = -1;

  /**
   * The server told us that a transaction of ours is committed.
   * @param gtid as its OK packet names it
   * @param position of the server that told so
   */
  wrote(gtid: string, position: BackendPosition | undefined, nowMs: number): void {
    const { version } = this.own;
    this.own.add(gtid, nowMs);
    if (this.own.version === version) return;
    this.#proven = undefined;
    // Commits become visible in the order of the binary log, in which everything that a replica showed before comes first.
    this.readOnReplica = false;
    // Who has this transaction has all that was there before it, so all that was read there before.
    if (position !== undefined && position.backend === this.#seenOn && !position.severalStreams) this.#seenOn = undefined;
  }

  /** A statement that may have shown data, or changed data without a GTID to know it by, was answered by a server. */
  saw(backend: string, nowMs: number): void {
    if (this.#proven?.backend !== backend) this.#proven = undefined;
    this.#seenOn = backend;
    this.#seenAtMs = nowMs;
  }

  /** When and where data was shown last that no later write of its own stands for. */
  get seen(): { readonly backend: string; readonly atMs: number } | undefined {
    return this.#seenOn === undefined ? undefined : { backend: this.#seenOn, atMs: this.#seenAtMs };
  }

  /**
   * What the primary had after all that was shown, asked of itself: from now on that is wanted by name, so that a replica can be waited for.
   */
  hadAll(primary: Progress, nowMs: number): void {
    for (const [stream, last] of primary) this.own.raise(stream, last, nowMs);
    this.#seenOn = undefined;
    this.#proven = undefined;
  }

  /** True when the server is known to have all that this session must see. */
  isFresh(position: BackendPosition | undefined, view: PositionView, primary: string | undefined): boolean {
    if (position !== undefined && position === this.#proven) return true;
    if (!this.own.isEmpty && !this.#hasOwn(position, view, primary)) return false;
    if (!this.#hasSeen(position, view, primary)) return false;
    this.#proven = position;
    this.#provenGroup = -1;
    this.readsInVain = 0;
    return true;
  }

  /** The same for `global`; `group`: what all sessions were told. */
  isFreshForAll(position: BackendPosition | undefined, view: PositionView, primary: string | undefined, group: GroupMarks): boolean {
    if (!this.isFresh(position, view, primary)) return false;
    const { marks } = group;
    if (this.#provenGroup === marks.version) return true;
    if (position === undefined) return false;
    if (group.notBeforeMs > Number.NEGATIVE_INFINITY && !hasAllOfPrimary(position, view, primary, group.notBeforeMs)) return false;
    if (!marks.heldBy(position.reached)) {
      const look = view.primaryLook(primary);
      if (look === undefined) return false;
      marks.cut(look);
      if (!marks.heldBy(position.reached)) return false;
    }
    this.#provenGroup = marks.version;
    return true;
  }

  /** What a server would have to be waited for; undefined where waiting cannot help, because what is wanted has no name. */
  lacking(position: BackendPosition, view: PositionView, primary: string | undefined, group: Marks | undefined): Marks | undefined {
    if (!this.#hasSeen(position, view, primary)) return undefined;
    const wanted = new Marks();
    for (const [stream, last] of this.own) if ((position.reached.get(stream) ?? 0) < last) wanted.raise(stream, last, 0);
    for (const [stream, last] of group ?? []) if ((position.reached.get(stream) ?? 0) < last) wanted.raise(stream, last, 0);
    return wanted;
  }

  #hasOwn(position: BackendPosition | undefined, view: PositionView, primary: string | undefined): boolean {
    if (position === undefined) return false;
    if (this.own.heldBy(position.reached)) return true;
    const look = view.primaryLook(primary);
    if (look === undefined) return false;
    this.own.cut(look);
    return this.own.heldBy(position.reached);
  }

  #hasSeen(position: BackendPosition | undefined, view: PositionView, primary: string | undefined): boolean {
    const seenOn = this.#seenOn;
    if (seenOn === undefined || position?.backend === seenOn) return true;
    if (position === undefined) return false;
    // Whatever a replica showed, the primary had by then.
    return position.freshAsOf(seenOn) >= this.#seenAtMs + LISTED_AFTER_MS || hasAllOfPrimary(position, view, primary, this.#seenAtMs);
  }
}

/** True when the server has all that the primary had at that time. */
function hasAllOfPrimary(position: BackendPosition, view: PositionView, primary: string | undefined, atMs: number): boolean {
  const measure = primary === undefined ? undefined : view.of(primary);
  return measure !== undefined && position.freshAsOf(measure.backend) >= Math.max(atMs + LISTED_AFTER_MS, measure.primarySinceMs);
}
