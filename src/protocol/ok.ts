import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Capability, has } from './capabilities.js';
import { ProtocolError } from './protocol-error.js';
import { decodeSessionTrack, encodeSessionTrack, type SessionTrackItem } from './session-track.js';
import { StatusFlag } from './status-flags.js';

/** Success of a command; with DEPRECATE_EOF also the end of a result set (then with header 0xfe). */
export interface OkPacket {
  readonly affectedRows: bigint;
  readonly insertId: bigint;
  readonly statusFlags: number;
  readonly warnings: number;
  /** Text for people (`Rows matched: 1 ...`), usually empty. */
  readonly info: Buffer;
  /** Undefined when the packet has no block, which is when SESSION_STATE_CHANGED is not set. */
  readonly sessionTrack: readonly SessionTrackItem[] | undefined;
}

const PACKET = 'ok';

/** Reads an OK packet with either header (0x00, or 0xfe at the end of rows). */
export function decodeOk(payload: Buffer, capabilities: number): OkPacket {
  const reader = new ByteReader(payload, PACKET);
  const header = reader.u8();
  if (header !== 0x00 && header !== 0xfe) {
    throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', PACKET, `begins with 0x${header.toString(16).padStart(2, '0')}, not 0x00 or 0xfe`);
  }
  const affectedRows = reader.lenenc();
  const insertId = reader.lenenc();
  const withStatus = has(capabilities, Capability.PROTOCOL_41) || has(capabilities, Capability.TRANSACTIONS);
  const statusFlags = withStatus ? reader.u16() : 0;
  const warnings = has(capabilities, Capability.PROTOCOL_41) ? reader.u16() : 0;
  const fixed = { affectedRows, insertId, statusFlags, warnings };
  if (!has(capabilities, Capability.SESSION_TRACK)) return { ...fixed, info: readBareInfo(reader), sessionTrack: undefined };
  const info = reader.remaining > 0 ? reader.lenencBytes() : reader.rest();
  const changed = (statusFlags & StatusFlag.SESSION_STATE_CHANGED) !== 0 && reader.remaining > 0;
  return { ...fixed, info, sessionTrack: changed ? decodeSessionTrack(trackBlock(reader)) : undefined };
}

/**
 * MySQL (seen on 8.0.15) makes room for a length of one byte where the session-track block has exactly 251, writes three, and copies the block over the
 * last two of them. A true length of three bytes would leave two bytes fewer behind it.
 */
export function isBlockOf251(firstByte: number | undefined, bytesBehindIt: number): boolean {
  return firstByte === 0xfc && bytesBehindIt === 251;
}

function trackBlock(reader: ByteReader): Buffer {
  if (!isBlockOf251(reader.peek(), reader.remaining - 1)) return reader.lenencBytes();
  reader.skip(1);
  return reader.rest();
}

/**
 * Writes what a server would send to a client with these capabilities: the session-track block only where it was agreed, and the
 * SESSION_STATE_CHANGED flag exactly where the block is, because the flag is what tells the reader that it comes.
 */
export function encodeOk(ok: OkPacket, capabilities: number, header: 0x00 | 0xfe): Buffer {
  const track = has(capabilities, Capability.SESSION_TRACK) ? ok.sessionTrack : undefined;
  const otherFlags = ok.statusFlags & ~StatusFlag.SESSION_STATE_CHANGED;
  const statusFlags = track === undefined ? otherFlags : otherFlags | StatusFlag.SESSION_STATE_CHANGED;
  const writer = new ByteWriter(PACKET).u8(header).lenenc(ok.affectedRows).lenenc(ok.insertId);
  if (has(capabilities, Capability.PROTOCOL_41)) writer.u16(statusFlags).u16(ok.warnings);
  else if (has(capabilities, Capability.TRANSACTIONS)) writer.u16(statusFlags);
  if (ok.info.length > 0 || track !== undefined) writer.lenencBytes(ok.info);
  if (track !== undefined) writer.lenencBytes(encodeSessionTrack(track));
  return writer.finish();
}

/**
 * The text without SESSION_TRACK: the manual says "up to the end of the packet", MySQL and MariaDB put a length before it all the same
 * (the `(` that old drivers show in front of `Rows matched` is its 40). A first byte that is the exact length is taken for one.
 */
function readBareInfo(reader: ByteReader): Buffer {
  const rest = reader.rest();
  const inner = new ByteReader(rest, PACKET);
  try {
    const length = inner.count();
    if (length === inner.remaining) return inner.rest();
  } catch {
    // Not a length at all: text.
  }
  return rest;
}
