import { COM } from '../proxy/payloads.js';
import { HEADER } from '../proxy/wire-client.js';
import { statusAt } from './read-answer.js';

/** How an answer is to be looked at. */
export interface Look {
  readonly command: number;
  readonly deprecateEof: boolean;
  readonly sessionTrack: boolean;
  /** Values are never the same twice: only the columns and the number of frames count. */
  readonly volatile: boolean;
  /** An OK that is of no statement tells the warnings of the statement before, whose server is gone. */
  readonly warningsUnknown: boolean;
  /** MySQL counts as warnings of a cursor's opening what it prepared anew for it (behind a temporary table of that name, for instance): that is its own affair. */
  readonly opensCursor: boolean;
  /** A CALL: MariaDB names a row in an error of a routine by the count of a statement before it. */
  readonly calls: boolean;
}

/**
 * Status bits that are not compared: which index was used (0x10, 0x20: the servers' own statistics), that it was slow (0x800), that
 * session state changed (0x4000: what it is about is in the block, of which the GTIDs differ), MariaDB's ANSI_QUOTES (0x8000) and that a
 * transaction is read-only (0x2000): both are told late by the servers themselves; that a prepared statement has got other columns since its
 * PREPARE (0x400): a server that it was prepared on later does not know.
 */
const IGNORED_STATUS = 0x10 | 0x20 | 0x400 | 0x800 | 0x4000 | 0x8000 | 0x2000;

/** Commands whose warnings are their own. */
const STATEMENTS = new Set<number>([COM.query, COM.execute]);

/** The OK of COM_INIT_DB tells the warnings of the statement before, or of a PREPARE in between, which may have been on another server. */
function hidesWarnings({ warningsUnknown, opensCursor, command }: Look): boolean {
  return opensCursor || command === COM.initDb || (warningsUnknown && !STATEMENTS.has(command));
}

function withoutStatus(frame: Buffer, at: number): Buffer {
  if (frame.length < at + 2) return frame;
  const copy = Buffer.from(frame);
  copy.writeUInt16LE(copy.readUInt16LE(at) & ~IGNORED_STATUS & 0xffff, at);
  return copy;
}

/** An OK without the block of changed session state, which tells GTIDs; its length in the header does not count then. */
function withoutTracks(frame: Buffer): Buffer {
  const at = statusAt(frame) + 4;
  if (frame.length <= at) return Buffer.concat([Buffer.of(0, 0, 0, frame[3] ?? 0), frame.subarray(HEADER)]);
  const first = frame[at] ?? 0;
  const size = first === 0xfc ? 2 : first === 0xfd ? 3 : 0;
  const length = size === 0 ? first : frame.readUIntLE(at + 1, size);
  // An empty info text is only there where a block follows.
  const end = length === 0 ? at : at + 1 + size + length;
  return Buffer.concat([Buffer.of(0, 0, 0, frame[3] ?? 0), frame.subarray(HEADER, end)]);
}

/** Names the id of a prepared statement; in a row of SHOW WARNINGS behind a byte for its length. */
const NAMES_AN_ID = /The statement \(\d+\) has no open cursor|Unknown prepared statement handler \(\d+\) given to/;

const ROW_OF_ANOTHER = /(for column '\w+') at row \d+/g;

/**
 * A user variable that was never set is 2^24 bytes long to MariaDB, and 2^24 - 1 where a statement that was prepared, or a routine, has named it on that
 * connection: the end of its column definition, in front of the type LONG_BLOB.
 */
function lengthOfNull(frame: Buffer): Buffer {
  const at = frame.length - 10;
  if (at < HEADER || frame[at + 4] !== 0xfb || frame[at + 7] !== 0x27 || frame.readUInt32LE(at) !== 0x01_00_00_00) return frame;
  const copy = Buffer.from(frame);
  copy.writeUInt32LE(0xff_ff_ff, at);
  return copy;
}

/** Ids of prepared statements stand in error texts too, and in the rows of SHOW WARNINGS. */
function withoutIds(frame: Buffer, { calls }: Look): Buffer {
  const text = frame
    .toString('latin1', HEADER)
    .replaceAll(/\(\d+\) (given to|has no open cursor)/g, '(N) $1')
    .replace(/[\s\S]((?:The statement|Unknown prepared statement handler) \(N\))/, '$1');
  const same = calls ? text.replaceAll(ROW_OF_ANOTHER, '$1 at row N') : text;
  return Buffer.concat([Buffer.of(0, 0, 0, frame[3] ?? 0), Buffer.from(same, 'latin1')]);
}

function isOk(frame: Buffer, { deprecateEof, command }: Look, place: number): boolean {
  if (frame[HEADER] === 0x00) return place === 0 && command !== COM.prepare;
  return deprecateEof && frame[HEADER] === 0xfe && frame.length < HEADER + 0xff_ffff;
}

function plain(frame: Buffer, look: Look, place: number, betweenResults: boolean): Buffer {
  const first = frame[HEADER];
  if (first === 0xff) return withoutIds(frame, look);
  if (place === 0 && look.command === COM.prepare && first === 0x00) {
    const copy = Buffer.from(frame);
    copy.fill(0, HEADER + 1, HEADER + 5);
    return copy;
  }
  if (isOk(frame, look, place) || (betweenResults && first === 0x00)) {
    const status = statusAt(frame);
    const same = withoutStatus(frame, status);
    if (hidesWarnings(look) && same.length >= status + 4) same.fill(0, status + 2, status + 4);
    return look.sessionTrack ? withoutTracks(same) : same;
  }
  if (first === 0xfe && frame.length < HEADER + 9) {
    const same = withoutStatus(frame, HEADER + 3);
    if (hidesWarnings(look) && same.length >= HEADER + 5) same.fill(0, HEADER + 1, HEADER + 3);
    return same;
  }
  return NAMES_AN_ID.test(frame.toString('latin1', HEADER, HEADER + 200)) ? withoutIds(frame, look) : lengthOfNull(frame);
}

function isEnd(frame: Buffer | undefined): boolean {
  return frame !== undefined && (frame[HEADER] === 0x00 || frame[HEADER] === 0xfe);
}

/** An answer in the form in which two of them are the same or not: hex, frame by frame. */
export function comparable(frames: readonly Buffer[], look: Look): string[] {
  if (look.command === COM.changeUser) {
    // A switch of plugins between is the proxy's own affair: the last word counts.
    const last = frames.at(-1);
    return last === undefined
      ? []
      : [plain(Buffer.concat([Buffer.of(0, 0, 0, 0), last.subarray(HEADER)]), look, 0, false).toString('hex', 3)];
  }
  if (look.volatile) {
    const columns = frames[0]?.[HEADER] === 0xff ? 1 : 1 + (frames[0]?.[HEADER] ?? 0);
    return [String(frames.length), ...frames.slice(0, columns).map((frame) => frame.toString('hex'))];
  }
  // An OK behind a result (a CALL's last word, a multi-statement) may be told from a row by what stands before it.
  return frames.map((frame, place) => plain(frame, look, place, isEnd(frames[place - 1])).toString('hex'));
}

/** The first frame in which they differ, -1 for none. */
export function firstDifference(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((frame, place) => frame !== other[place]);
  return at < 0 && one.length !== other.length ? Math.min(one.length, other.length) : at;
}

function word(frame: Buffer): string {
  const first = frame[HEADER];
  if ((first === 0x00 || first === 0xfe) && frame.length < HEADER + 40) return `<${frame.toString('hex', HEADER)}>`;
  return frame
    .toString('utf8', HEADER)
    .replaceAll(/[^\x20-\x7e\u00a0-\ufffc]/g, '.')
    .slice(0, 160);
}

/** An answer for people: the frame in question, its bytes, and a few before. */
export function readable(frames: readonly Buffer[], at: number): string {
  const frame = frames[at];
  const bytes = frame === undefined ? '(none)' : frame.toString('hex', HEADER).slice(0, 200);
  return `${frames.length} frames, ${frames
    .slice(Math.max(0, at - 2), at + 2)
    .map(word)
    .join(' | ')}\n            ${bytes}`;
}

/** Number and text of an ERR, if it ends the answer. */
export function errorNumber(frames: readonly Buffer[]): number {
  const last = frames.at(-1);
  return last !== undefined && last[HEADER] === 0xff ? last.readUInt16LE(HEADER + 1) : 0;
}
