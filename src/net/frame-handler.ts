import type { SocketError } from './socket-error.js';

/**
 * Who gets the frames of a `PacketSocket`. One read of the socket gives zero or more `onFrame`/`onPart` calls and then one `onBatchEnd`.
 * The bytes belong to the caller: they stay as they are (Node allocates a new buffer for each read), so slices of `chunk` may be kept and
 * written elsewhere without a copy; keeping a small slice keeps its whole chunk (up to 64 KiB) in memory.
 */
export interface FrameHandler {
  /** One whole frame: header at `start`, payload from `start + 4` to `end`. */
  onFrame(chunk: Buffer, start: number, end: number): void;
  /**
   * A piece of a frame whose payload is over the socket's `heldPayloadLimit` (64 KiB unless set) and did not lie whole in one read.
   * The first piece holds the header and at least 64 bytes of payload; `last` ends the frame.
   */
  onPart(chunk: Buffer, start: number, end: number, first: boolean, last: boolean): void;
  /** Everything this read gave (or, after `pause()`, everything before the pause) was handed over: write what was gathered, in one write. */
  onBatchEnd(): void;
  /** The write buffer emptied after `write()` had returned false. */
  onDrain(): void;
  /** The peer's FIN, behind all its frames. A client's socket can still be written. `PacketSocket.cutFrame` tells a frame left unfinished. */
  onEnd(): void;
  /** Exactly once, always the last call. `undefined`: closed in good order or by `destroy()`. */
  onClose(error: SocketError | undefined): void;
}

/** A handler that lets everything pass by; for sockets that are being closed, and as a base to override. */
export class IgnoreFrames implements FrameHandler {
  onFrame(_chunk: Buffer, _start: number, _end: number): void {}
  onPart(_chunk: Buffer, _start: number, _end: number, _first: boolean, _last: boolean): void {}
  onBatchEnd(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onClose(_error: SocketError | undefined): void {}
}
