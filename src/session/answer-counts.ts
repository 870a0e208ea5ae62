import { statusFlagsAt } from '../backend/ok-layout.js';
import { HEADER_SIZE } from '../protocol/frame.js';

const EOF = 0xfe;
const EOF_FRAME = HEADER_SIZE + 5;

/** What the last OK or EOF of an answer counted. */
export class AnswerCounts {
  /** It ended a result set. */
  isResultSet = false;
  affectedRows = 0n;
  /** 0: none. */
  insertId = 0n;
  warnings = 0;
  /** Number of the ERR that ended it; 0: none. */
  error = 0;

  begin(): void {
    this.isResultSet = false;
    this.affectedRows = 0n;
    this.insertId = 0n;
    this.warnings = 0;
    this.error = 0;
  }

  /** @param frame header included; of protocol 4.1, as all that we speak with servers */
  note(frame: Buffer): void {
    this.isResultSet = frame[HEADER_SIZE] === EOF;
    if (this.isResultSet && frame.length === EOF_FRAME) {
      this.warnings = frame.readUInt16LE(HEADER_SIZE + 1);
      return;
    }
    const flagsAt = statusFlagsAt(frame);
    if (flagsAt + 4 > frame.length) return;
    this.warnings = frame.readUInt16LE(flagsAt + 2);
    // Usual answers have zeros here, and pay nothing more.
    if (flagsAt === HEADER_SIZE + 3 && frame[HEADER_SIZE + 1] === 0 && frame[HEADER_SIZE + 2] === 0) {
      this.affectedRows = 0n;
      return;
    }
    const insertIdAt = HEADER_SIZE + 1 + sizeOf(frame[HEADER_SIZE + 1]);
    this.affectedRows = valueAt(frame, HEADER_SIZE + 1);
    const insertId = valueAt(frame, insertIdAt);
    // Of several statements the last that gave one.
    if (insertId !== 0n) this.insertId = insertId;
  }
}

function sizeOf(first: number | undefined): number {
  if (first === 0xfc) return 3;
  if (first === 0xfd) return 4;
  return first === 0xfe ? 9 : 1;
}

function valueAt(frame: Buffer, at: number): bigint {
  const size = sizeOf(frame[at]);
  if (size === 9) return frame.readBigUInt64LE(at + 1);
  return BigInt(size === 1 ? (frame[at] ?? 0) : frame.readUIntLE(at + 1, size - 1));
}
