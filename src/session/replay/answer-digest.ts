import { crc32 } from 'node:zlib';
import { statusFlagsAt } from '../../backend/ok-layout.js';
import { HEADER_SIZE } from '../../protocol/frame.js';
import type { FrameRole } from '../../protocol/response-tracker.js';

/** What one answer came to. Two answers with equal ones are taken to be identical. */
export interface AnswerSum {
  /** CRC-32 of definitions and rows, headers of their frames included. */
  readonly crc: number;
  /** FNV-1a of the first `MIXED_BYTES` of them, and of affected rows, insert ids, warnings and error codes. */
  readonly mix: number;
  /** Bytes of definitions and rows. */
  readonly bytes: number;
}

/** So many bytes of an answer go into the second checksum too: most answers are shorter, and have 64 bits then. */
const MIXED_BYTES = 256;
const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const EOF = 0xfe;
const EOF_FRAME = HEADER_SIZE + 5;

/**
 * Adds up one answer as it passes: what a client could tell from another answer (definitions, rows, affected rows, insert ids, warning counts, error codes), and not
 * what servers may say differently about the same (status flags, trackers, texts). How the bytes were cut into chunks makes no difference.
 * Allocates nothing; one per transaction.
 */
export class AnswerDigest implements AnswerSum {
  crc = 0;
  mix = FNV_START;
  bytes = 0;
  /** Of its ERR; 0: none. */
  errorCode = 0;
  /** Something of it cannot be compared: progress reports, a request for a file. */
  isUnclear = false;

  begin(): void {
    this.crc = 0;
    this.mix = FNV_START;
    this.bytes = 0;
    this.errorCode = 0;
    this.isUnclear = false;
  }

  /** What another one has added up. */
  take(other: AnswerDigest): void {
    this.crc = other.crc;
    this.mix = other.mix;
    this.bytes = other.bytes;
    this.errorCode = other.errorCode;
    this.isUnclear = other.isUnclear;
  }

  /** Whole frames of definitions and rows, or parts of one. */
  data(chunk: Buffer, start: number, end: number): void {
    if (end <= start) return;
    if (this.bytes < MIXED_BYTES) this.mix = mixed(this.mix, chunk, start, Math.min(end, start + MIXED_BYTES - this.bytes));
    this.crc = crc32(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), this.crc);
    this.bytes += end - start;
  }

  /** A frame that is no data: header included, of protocol 4.1. @throws ProtocolError for a malformed OK */
  reply(role: FrameRole, frame: Buffer): void {
    if (role === 'err') {
      this.errorCode = frame.readUInt16LE(HEADER_SIZE + 1);
      this.#mixWord(this.errorCode);
    } else if (role === 'ok') this.#ok(frame);
    else if (role === 'eof') {
      if (frame[HEADER_SIZE] === EOF && frame.length === EOF_FRAME) this.#mixWord(frame.readUInt16LE(HEADER_SIZE + 1));
      else this.#ok(frame);
    } else this.isUnclear = true;
  }

  #ok(frame: Buffer): void {
    const flagsAt = statusFlagsAt(frame);
    this.mix = mixed(this.mix, frame, HEADER_SIZE + 1, flagsAt);
    if (flagsAt + 4 <= frame.length) this.#mixWord(frame.readUInt16LE(flagsAt + 2));
  }

  #mixWord(word: number): void {
    const low = Math.imul(this.mix ^ (word & 0xff), FNV_PRIME);
    this.mix = Math.imul(low ^ (word >> 8), FNV_PRIME);
  }
}

/** FNV-1a goes on over `bytes[from..to)`. In a local variable: writing the field for each byte made this thirty times slower. */
function mixed(mix: number, bytes: Buffer, from: number, to: number): number {
  let hash = mix;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
  return hash;
}

export function sameAnswer(one: AnswerSum, other: AnswerSum): boolean {
  return one.crc === other.crc && one.mix === other.mix && one.bytes === other.bytes;
}
