import { HEADER_SIZE, MAX_PAYLOAD, payloadLength } from '../protocol/frame.js';

/** One command as the client sent it. */
export interface ClientCommand {
  /** First payload byte: `COM_*`. */
  readonly code: number;
  /** The frames, headers included, in order; views into what was read, not copies. */
  readonly parts: Buffer[];
  /** Sum of `parts`. */
  bytes: number;
  /** Payload bytes that the headers read so far announce: how large the server knows it to be. */
  announcedBytes: number;
  /** False while the rest of a command larger than the buffer limit is still with the client; it streams to the backend. */
  complete: boolean;
  /** Sequence id of its last frame read so far; an answer begins with the next one. */
  lastSequenceId: number;
  /** On a compressed connection: that of the packet it ended in. */
  packedIn: number;
}

/** Payload of a command's first frame as far as it is in the first part; for a command of one whole frame, all of it. */
export function firstPayload(command: ClientCommand): Buffer {
  return (command.parts[0] as Buffer).subarray(4);
}

/** Payload of a whole command, the headers between its frames taken out. Copies only when there is more than one part. */
export function joinedPayload(command: ClientCommand): Buffer {
  if (command.parts.length === 1 && command.bytes < MAX_PAYLOAD) return firstPayload(command);
  const bytes = Buffer.concat(command.parts);
  const payloads: Buffer[] = [];
  for (let at = 0; at + HEADER_SIZE <= bytes.length; ) {
    const length = payloadLength(bytes, at);
    payloads.push(bytes.subarray(at + HEADER_SIZE, at + HEADER_SIZE + length));
    at += HEADER_SIZE + length;
  }
  return Buffer.concat(payloads);
}
