import { ProtocolError } from './protocol-error.js';

/*
 * Length-encoded integers in the middle of a chunk, without an object per packet (ByteReader is for whole messages).
 * `end` is where the packet, or what has come of it, ends: never read behind it, the next packet may begin there.
 */

/** Offset behind the length-encoded integer at `at`. */
export function skipLenenc(buffer: Buffer, at: number, end: number, packet: string): number {
  const next = at + sizeOf(byteAt(buffer, at, end, packet), packet);
  if (next > end) throw truncated(packet);
  return next;
}

/** The length-encoded integer at `at`, which may not need more than three bytes (a count of columns). */
export function smallLenenc(buffer: Buffer, at: number, end: number, packet: string): number {
  const first = byteAt(buffer, at, end, packet);
  const size = sizeOf(first, packet);
  if (at + size > end) throw truncated(packet);
  if (size === 1) return first;
  if (size === 3) return buffer.readUInt16LE(at + 1);
  if (size === 4) return buffer.readUIntLE(at + 1, 3);
  throw new ProtocolError('PM_PROTOCOL_MALFORMED', packet, 'a count of eight bytes is absurd');
}

/** Two-byte integer at `at`. */
export function scanU16(buffer: Buffer, at: number, end: number, packet: string): number {
  if (at + 2 > end) throw truncated(packet);
  return (buffer[at] as number) | ((buffer[at + 1] as number) << 8);
}

/** The byte at `at`. */
export function byteAt(buffer: Buffer, at: number, end: number, packet: string): number {
  if (at >= end) throw truncated(packet);
  return buffer[at] as number;
}

function sizeOf(first: number, packet: string): number {
  if (first < 0xfb) return 1;
  if (first === 0xfc) return 3;
  if (first === 0xfd) return 4;
  if (first === 0xfe) return 9;
  throw new ProtocolError('PM_PROTOCOL_MALFORMED', packet, `0x${first.toString(16)} does not begin a length-encoded integer`);
}

function truncated(packet: string): ProtocolError {
  return new ProtocolError('PM_PROTOCOL_TRUNCATED', packet, 'the packet ends inside a field');
}
