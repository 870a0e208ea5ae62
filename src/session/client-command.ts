/** One command as the client sent it. */
export interface ClientCommand {
  /** First payload byte: `COM_*`. */
  readonly code: number;
  /** The frames, headers included, in order; views into what was read, not copies. */
  readonly parts: Buffer[];
  /** Sum of `parts`. */
  bytes: number;
  /** False while the rest of a command larger than the buffer limit is still with the client; it streams to the backend. */
  complete: boolean;
  /** Sequence id of its last frame read so far; an answer begins with the next one. */
  lastSequenceId: number;
}

/** Payload of a command's first frame as far as it is in the first part; for a command of one whole frame, all of it. */
export function firstPayload(command: ClientCommand): Buffer {
  return (command.parts[0] as Buffer).subarray(4);
}
