import type { BackendConnection } from '../backend/dial-request.js';
import type { FrameHandler } from '../net/frame-handler.js';
import type { SocketError } from '../net/socket-error.js';
import { decodeErr, type ErrPacket } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE, payloadLength } from '../protocol/frame.js';
import { ResponseTracker } from '../protocol/response-tracker.js';

/** How a command of our own ended: with the first frame's payload, with the server's ERR, or `lost` with its connection. */
export type ExchangeEnd =
  | { readonly kind: 'ok'; readonly first: Buffer; readonly statusFlags: number }
  | { readonly kind: 'err'; readonly err: ErrPacket }
  | { readonly kind: 'lost' };

/**
 * Runs one command of our own on a backend connection and keeps its answer from the client. The connection's frame handler is
 * borrowed meanwhile and given back; if the connection ends, the borrowed handler is told so afterwards.
 */
export function exchange(connection: BackendConnection, payload: Buffer): Promise<ExchangeEnd> {
  return new Promise((resolve) => {
    const { packets } = connection;
    packets.handler = new Exchange(connection, payload[0] ?? 0, packets.handler, resolve);
    packets.write(encodeFrames(payload, 0));
  });
}

class Exchange implements FrameHandler {
  readonly #connection: BackendConnection;
  readonly #before: FrameHandler;
  readonly #done: (end: ExchangeEnd) => void;
  readonly #tracker = new ResponseTracker();
  #first: Buffer | undefined;
  #err: ErrPacket | undefined;

  constructor(connection: BackendConnection, command: number, before: FrameHandler, done: (end: ExchangeEnd) => void) {
    this.#connection = connection;
    this.#before = before;
    this.#done = done;
    this.#tracker.begin(command, connection.capabilities, connection.mariadbCapabilities);
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    const payload = chunk.subarray(start + HEADER_SIZE, end);
    const role = this.#tracker.frame(chunk, start + HEADER_SIZE, payload.length);
    this.#first ??= Buffer.from(payload);
    if (role === 'err') this.#err = decodeErr(payload, this.#connection.capabilities);
    if (!this.#tracker.done) return;
    this.#connection.packets.handler = this.#before;
    if (this.#err !== undefined) this.#done({ kind: 'err', err: this.#err });
    else this.#done({ kind: 'ok', first: this.#first, statusFlags: this.#tracker.statusFlags });
  }

  onPart(chunk: Buffer, start: number, _end: number, first: boolean, _last: boolean): void {
    if (first) this.#tracker.frame(chunk, start + HEADER_SIZE, payloadLength(chunk, start));
  }

  onBatchEnd(): void {}
  onDrain(): void {}
  onEnd(): void {}

  onClose(error: SocketError | undefined): void {
    this.#connection.packets.handler = this.#before;
    this.#done({ kind: 'lost' });
    this.#before.onClose(error);
  }
}
