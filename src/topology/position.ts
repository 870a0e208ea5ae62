import { GtidSet } from './gtid-set.js';
import { MariadbState } from './mariadb-gtid.js';
import type { Flavor } from './snapshot.js';

/** Which transactions a server has, in the terms of its own kind. Comparing two kinds finds nothing in common. */
export type Position = { readonly flavor: 'mysql'; readonly set: GtidSet } | { readonly flavor: 'mariadb'; readonly set: MariadbState };

/** Reads a GTID text of the given kind. Throws RangeError when it is none. */
export function parsePosition(flavor: Flavor, text: string): Position {
  return flavor === 'mysql' ? { flavor, set: GtidSet.parse(text) } : { flavor, set: MariadbState.parse(text) };
}

/** True when `holder` has every transaction of `wanted`. */
export function holds(holder: Position, wanted: Position): boolean {
  if (holder.flavor === 'mysql') return wanted.flavor === 'mysql' && holder.set.contains(wanted.set);
  return wanted.flavor === 'mariadb' && holder.set.contains(wanted.set);
}

/** Both together; `b` must be of the kind of `a`, else `a` alone. */
export function join(a: Position, b: Position): Position {
  if (a.flavor === 'mysql') return b.flavor === 'mysql' ? { flavor: 'mysql', set: a.set.union(b.set) } : a;
  return b.flavor === 'mariadb' ? { flavor: 'mariadb', set: a.set.union(b.set) } : a;
}

export interface Missing {
  /** Readable list; empty when nothing is missing. */
  readonly gtids: string;
  /** How many transactions (MariaDB: at most so many). */
  readonly count: number;
}

/** What `wanted` has and `holder` lacks. */
export function missing(holder: Position, wanted: Position): Missing {
  if (holder.flavor === 'mysql' && wanted.flavor === 'mysql') {
    const left = wanted.set.subtract(holder.set);
    return { gtids: left.toString(), count: left.count };
  }
  if (holder.flavor === 'mariadb' && wanted.flavor === 'mariadb') {
    const ranges = wanted.set.missingIn(holder.set);
    const text = ranges.map(({ domain, server, first, last }) => `${domain}-${server}-${first === last ? first : `${first}..${last}`}`);
    return { gtids: text.join(','), count: ranges.reduce((sum, range) => sum + range.last - range.first + 1, 0) };
  }
  return { gtids: wanted.set.toString(), count: 0 };
}

/** A number that grows with the history; only for ordering positions of which neither holds the other. */
export function height(position: Position): number {
  return position.flavor === 'mysql' ? position.set.count : position.set.height;
}

export function isEmpty(position: Position): boolean {
  return position.set.isEmpty;
}
