import type { Intervals } from './gtid-set.js';
import { GtidSet } from './gtid-set.js';
import { parseMariadbGtids } from './mariadb-gtid.js';
import type { ServerSample } from './sample.js';
import { replicaOf } from './sample.js';
import type { Flavor } from './snapshot.js';

/**
 * How far a server is in each stream of transactions: the highest number up to which it has everything. A stream is a MySQL source
 * (`uuid` or `uuid:tag`), a MariaDB domain (`0`), or, where transactions have no GTIDs, one server's binary log (`log of <uuid>`).
 * Numbers of one stream are given out in order by the primary, so one number stands for all transactions before it.
 */
export type Progress = ReadonlyMap<string, number>;

/** True when `holder` has everything that `wanted` names. */
export function covers(holder: Progress, wanted: Progress): boolean {
  for (const [stream, last] of wanted) if ((holder.get(stream) ?? 0) < last) return false;
  return true;
}

/** The highest number of each stream in a GTID set or list. Throws RangeError when the text is none. */
export function highestOf(flavor: Flavor, gtids: string): Map<string, number> {
  const reached = new Map<string, number>();
  if (flavor === 'mariadb') for (const { domain, sequence } of parseMariadbGtids(gtids)) raise(reached, `${domain}`, sequence);
  else for (const [source, intervals] of GtidSet.parse(gtids).sources) reached.set(source, intervals.at(-1)?.[1] ?? 0);
  return reached;
}

/** The highest number of each stream that a server lists as its own. It never falls while the server keeps its data. */
export function listedOf(sample: ServerSample): Progress {
  const reached = highestOf(sample.flavor, sample.executed);
  const log = logNumber(sample.logEnd);
  if (log !== undefined) reached.set(logStream(sample.id), log);
  return reached;
}

/**
 * All that a server could have shown to a reader by the time it was asked: what it lists, and what it was about to commit. It may fall: a
 * transaction that is about to commit may be rolled back.
 */
export function horizonOf(sample: ServerSample): Progress {
  const listed = listedOf(sample);
  if (sample.owned === undefined || sample.owned === '') return listed;
  const horizon = new Map(listed);
  for (const [stream, last] of highestOf(sample.flavor, sample.owned)) raise(horizon, stream, last);
  return horizon;
}

/** MySQL's `gtid_owned` (`uuid:5#12:6#13`, the thread behind each number) as a GTID set (`uuid:5:6`). */
export function ownedSet(text: string): string {
  return text.replace(/\s+|#\d+/g, '');
}

/**
 * What a replica has for sure, and shows to readers. `primary` is the newest look at the primary: numbers that it skipped for ever are no
 * gaps, and what a MariaDB replica wrote itself counts only as far as the primary has it too.
 */
export function progressOf(sample: ServerSample, primary: ServerSample | undefined): Progress {
  const reference = primary?.flavor === sample.flavor ? primary : undefined;
  if (sample.flavor === 'mariadb') return mariadbProgress(sample, reference);
  const reached = new Map<string, number>();
  const known = GtidSet.parse(reference?.executed ?? '');
  for (const [source, intervals] of GtidSet.parse(sample.executed).sources) {
    const last = wholeUpTo(intervals, known.of(source));
    if (last > 0) reached.set(source, last);
  }
  const replica = replicaOf(sample);
  const log = logNumber(replica?.appliedLog);
  if (replica !== undefined && log !== undefined && replica.sourceId !== '') reached.set(logStream(replica.sourceId), log);
  return reached;
}

/**
 * The last number before the first gap. With several appliers a replica may commit 7 before 6; then 6 is a gap. One that the primary has
 * too, with higher numbers after it, will never be filled.
 */
function wholeUpTo(intervals: Intervals, primary: Intervals): number {
  const primaryLast = primary.at(-1)?.[1] ?? 0;
  let end = 0;
  for (const [first, last] of intervals) {
    const isGap = first > end + 1;
    if (isGap && (primaryLast < first || primary.some(([from, to]) => from < first && to > end))) return end;
    end = last;
  }
  return end;
}

/**
 * `gtid_slave_pos` changes when an applied transaction has become visible; the binary log has it a moment before, and not at all with
 * `log_slave_updates` off. But a former primary has its own old writes only in the log.
 */
function mariadbProgress(sample: ServerSample, primary: ServerSample | undefined): Progress {
  const reached = new Map<string, number>();
  for (const { domain, sequence } of parseMariadbGtids(sample.slavePosition ?? '')) raise(reached, `${domain}`, sequence);
  const shared = new Map<string, number>();
  for (const { domain, server, sequence } of parseMariadbGtids(primary?.executed ?? '')) raise(shared, `${domain}-${server}`, sequence);
  for (const { domain, server, sequence } of parseMariadbGtids(sample.executed)) {
    if (`${server}` === sample.id && (shared.get(`${domain}-${server}`) ?? 0) >= sequence) raise(reached, `${domain}`, sequence);
  }
  return reached;
}

function raise(reached: Map<string, number>, stream: string, last: number): void {
  if ((reached.get(stream) ?? 0) < last) reached.set(stream, last);
}

function logStream(id: string): string {
  return `log of ${id.toLowerCase()}`;
}

/** True for a stream that has no GTIDs. */
export function isLogStream(stream: string): boolean {
  return stream.startsWith('log of ');
}

/** Logs may pass 4 GiB when a single transaction is that large; 2^33 bytes each, a million of them, is exact in a double. */
const LOG_BYTES = 2 ** 33;

/** `binlog.000007:4711` as one number that grows; undefined when it is no such place. */
function logNumber(place: string | undefined): number | undefined {
  const match = /\.(\d{1,7}):(\d+)$/.exec(place ?? '');
  if (match === null) return undefined;
  const offset = Number(match[2]);
  return offset < LOG_BYTES ? Number(match[1]) * LOG_BYTES + offset : undefined;
}

/**
 * The streams and numbers that a GTID text of an OK packet names: `uuid:n`, a set with ranges and tags, or `domain-server-sequence`; the
 * highest of each stream. Text of another form gives none.
 */
export function marksOf(gtid: string): readonly (readonly [stream: string, last: number])[] {
  // The usual ones without a regular expression: this runs for every write.
  if (gtid.length < 64 && !gtid.includes(',')) {
    const colon = gtid.indexOf(':');
    if (colon === 36 && colon === gtid.lastIndexOf(':')) {
      const last = Number(gtid.slice(37));
      if (last > 0) return [[gtid.slice(0, 36).toLowerCase(), last]];
    } else if (colon < 0) {
      const first = gtid.indexOf('-');
      const second = gtid.lastIndexOf('-');
      const sequence = Number(gtid.slice(second + 1));
      return first > 0 && second > first && sequence > 0 ? [[gtid.slice(0, first), sequence]] : [];
    }
  }
  return marksOfSet(gtid);
}

function marksOfSet(text: string): readonly (readonly [stream: string, last: number])[] {
  try {
    return [...highestOf(text.includes(':') ? 'mysql' : 'mariadb', text)];
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}
