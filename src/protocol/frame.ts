import { ProtocolError } from './protocol-error.js';

/** Bytes before each payload: three of length (little endian), one of sequence id. */
export const HEADER_SIZE = 4;

/** A payload of this length or more goes on in the next frame; one of exactly this length is followed by an empty frame. */
export const MAX_PAYLOAD = 0xff_ffff;

/** Payload length in bytes of the frame whose header starts at `offset`. The caller has made sure that 4 bytes are there. */
export function payloadLength(buffer: Buffer, offset: number): number {
  // Indexing, not readUIntLE: this runs once per packet and is 1.8 times as fast.
  return (buffer[offset] as number) | ((buffer[offset + 1] as number) << 8) | ((buffer[offset + 2] as number) << 16);
}

/** Sequence id (0..255) of the frame whose header starts at `offset`. */
export function sequenceId(buffer: Buffer, offset: number): number {
  return buffer[offset + 3] as number;
}

/** Writes a frame header at `offset`. */
export function writeHeader(buffer: Buffer, offset: number, length: number, sequence: number): void {
  if (length < 0 || length > MAX_PAYLOAD) {
    throw new ProtocolError('PM_PROTOCOL_UNENCODABLE', 'frame', `a payload of ${length} bytes does not fit one frame`);
  }
  buffer[offset] = length & 0xff;
  buffer[offset + 1] = (length >>> 8) & 0xff;
  buffer[offset + 2] = length >>> 16;
  buffer[offset + 3] = sequence & 0xff;
}

/** How many frames a payload of `length` bytes takes: the last one is shorter than MAX_PAYLOAD, if need be empty. */
export function frameCount(length: number): number {
  return Math.floor(length / MAX_PAYLOAD) + 1;
}

/**
 * The bytes to send for a payload of any size. Sequence ids count up from `firstSequenceId` and wrap at 256.
 * The payload is copied once.
 */
export function encodeFrames(payload: Buffer, firstSequenceId: number): Buffer {
  const count = frameCount(payload.length);
  const bytes = Buffer.allocUnsafe(payload.length + count * HEADER_SIZE);
  let from = 0;
  let to = 0;
  for (let index = 0; index < count; index += 1) {
    const length = Math.min(MAX_PAYLOAD, payload.length - from);
    writeHeader(bytes, to, length, firstSequenceId + index);
    payload.copy(bytes, to + HEADER_SIZE, from, from + length);
    from += length;
    to += HEADER_SIZE + length;
  }
  return bytes;
}
