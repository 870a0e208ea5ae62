/**
 * MySQL GTID sets: for each source (`uuid`, or `uuid:tag` since MySQL 8.3) the closed intervals of transaction numbers.
 * Immutable; intervals are sorted, disjoint and never adjacent. Numbers are exact up to 2^53.
 * https://dev.mysql.com/doc/refman/8.0/en/replication-gtids-concepts.html
 */
export type Interval = readonly [first: number, last: number];

export type Intervals = readonly Interval[];

export class GtidSet {
  static readonly empty = new GtidSet(new Map());
  readonly #sources: ReadonlyMap<string, Intervals>;

  private constructor(sources: ReadonlyMap<string, Intervals>) {
    this.#sources = sources;
  }

  /** Reads `uuid:1-5:7,uuid2:1` as servers print it (line breaks allowed). Throws RangeError on anything else. */
  static parse(text: string): GtidSet {
    const found = new Map<string, Interval[]>();
    for (const part of text.split(',')) {
      const [uuid = '', ...rest] = part.trim().split(':');
      if (uuid === '' && rest.length === 0) continue;
      let source = uuid.toLowerCase();
      for (const piece of rest) {
        const word = piece.trim();
        if (/^[a-z_]\w{0,31}$/i.test(word)) source = `${uuid.toLowerCase()}:${word.toLowerCase()}`;
        else addTo(found, source, parseInterval(word, text));
      }
      if (rest.length === 0) throw new RangeError(`not a GTID set: ${text.slice(0, 80)}`);
    }
    return new GtidSet(new Map([...found].map(([source, list]) => [source, normalise(list)])));
  }

  get isEmpty(): boolean {
    return this.#sources.size === 0;
  }

  /** Number of transactions in the set. */
  get count(): number {
    let sum = 0;
    for (const list of this.#sources.values()) for (const [first, last] of list) sum += last - first + 1;
    return sum;
  }

  /** Each source with its intervals, which are sorted, disjoint and never adjacent. */
  get sources(): Iterable<readonly [source: string, intervals: Intervals]> {
    return this.#sources;
  }

  /** The intervals of one source. */
  of(source: string): Intervals {
    return this.#sources.get(source) ?? [];
  }

  contains(other: GtidSet): boolean {
    return other.subtract(this).isEmpty;
  }

  union(other: GtidSet): GtidSet {
    const merged = new Map(this.#sources);
    for (const [source, list] of other.#sources) merged.set(source, normalise([...(merged.get(source) ?? []), ...list]));
    return new GtidSet(merged);
  }

  /** What is here and not in `other`. */
  subtract(other: GtidSet): GtidSet {
    const left = new Map<string, Intervals>();
    for (const [source, list] of this.#sources) {
      const rest = subtractIntervals(list, other.#sources.get(source) ?? []);
      if (rest.length > 0) left.set(source, rest);
    }
    return new GtidSet(left);
  }

  toString(): string {
    return [...this.#sources]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([source, list]) => `${source}:${list.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(':')}`)
      .join(',');
  }
}

function addTo(found: Map<string, Interval[]>, source: string, interval: Interval): void {
  const list = found.get(source);
  if (list === undefined) found.set(source, [interval]);
  else list.push(interval);
}

function parseInterval(word: string, text: string): Interval {
  const match = /^(\d+)(?:-(\d+))?$/.exec(word);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first < 1 || last < first) throw new RangeError(`not a GTID set: ${text.slice(0, 80)}`);
  return [first, last];
}

/** Sorts, joins what overlaps or touches. */
function normalise(list: Intervals): Intervals {
  const sorted = [...list].sort((a, b) => a[0] - b[0]);
  const joined: Interval[] = [];
  for (const [first, last] of sorted) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) joined[joined.length - 1] = [before[0], Math.max(before[1], last)];
    else joined.push([first, last]);
  }
  return joined;
}

function subtractIntervals(from: Intervals, take: Intervals): Intervals {
  const left: Interval[] = [];
  for (const [first, last] of from) {
    let start = first;
    for (const [takeFirst, takeLast] of take) {
      if (takeLast < start || takeFirst > last) continue;
      if (takeFirst > start) left.push([start, takeFirst - 1]);
      start = takeLast + 1;
      if (start > last) break;
    }
    if (start <= last) left.push([start, last]);
  }
  return left;
}
