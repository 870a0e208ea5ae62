import { HEADER_SIZE } from '../protocol/frame.js';
import { scanU16, skipLenenc, smallLenenc } from '../protocol/lenenc-scan.js';
import { isBlockOf251 } from '../protocol/ok.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { StatusFlag } from '../protocol/status-flags.js';

const PACKET = 'ok';

/** Offset of the status flags in an OK frame (header included; protocol 4.1). @throws ProtocolError */
export function statusFlagsAt(frame: Buffer): number {
  const affectedRows = HEADER_SIZE + 1;
  return skipLenenc(frame, skipLenenc(frame, affectedRows, frame.length, PACKET), frame.length, PACKET);
}

/** True when the OK frame carries a session-track block. @throws ProtocolError */
export function hasTrackBlock(frame: Buffer): boolean {
  const at = statusFlagsAt(frame);
  return (scanU16(frame, at, frame.length, PACKET) & StatusFlag.SESSION_STATE_CHANGED) !== 0 && frame.length > at + 4;
}

/** Where the parts of an OK frame with a session-track block lie. Offsets from the start of the frame. */
export interface OkLayout {
  readonly statusFlags: number;
  /** Length and text. */
  readonly infoStart: number;
  readonly infoEnd: number;
  /** The items, without the length before them. */
  readonly blockStart: number;
  readonly blockEnd: number;
}

/** @throws ProtocolError for a frame whose lengths do not fit. */
export function okLayout(frame: Buffer): OkLayout {
  const { length } = frame;
  const statusFlags = statusFlagsAt(frame);
  // Two bytes each of status flags and warnings.
  const infoStart = statusFlags + 4;
  const infoEnd = endOfLenencBytes(frame, infoStart, length, PACKET);
  if (isBlockOf251(frame[infoEnd], length - infoEnd - 1))
    return { statusFlags, infoStart, infoEnd, blockStart: infoEnd + 1, blockEnd: length };
  const blockStart = skipLenenc(frame, infoEnd, length, PACKET);
  const blockEnd = endOfLenencBytes(frame, infoEnd, length, PACKET);
  return { statusFlags, infoStart, infoEnd, blockStart, blockEnd };
}

/** Offset behind the length-encoded bytes at `at`, which must end at or before `end`. @throws ProtocolError */
export function endOfLenencBytes(buffer: Buffer, at: number, end: number, packet: string): number {
  const next = skipLenenc(buffer, at, end, packet) + smallLenenc(buffer, at, end, packet);
  if (next <= end) return next;
  throw new ProtocolError('PM_PROTOCOL_TRUNCATED', packet, 'the packet ends inside a field');
}
