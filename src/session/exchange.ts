import type { BackendConnection } from '../backend/dial-request.js';
import type { FrameHandler } from '../net/frame-handler.js';
import { SocketError } from '../net/socket-error.js';
import { encodeQuery } from '../protocol/commands/query.js';
import { decodeErr, type ErrPacket } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE, payloadLength } from '../protocol/frame.js';
import { type FrameRole, ResponseTracker } from '../protocol/response-tracker.js';

/**
 * How a command of our own ended: with the payloads of its first packet, of the columns' definitions, of the rows and of its last packet, with the server's ERR,
 * or `lost` with its connection.
 */
export type ExchangeEnd =
  | {
      readonly kind: 'ok';
      readonly first: Buffer;
      readonly columns: readonly Buffer[];
      readonly rows: readonly Buffer[];
      readonly last: Buffer;
    }
  | { readonly kind: 'err'; readonly err: ErrPacket }
  | { readonly kind: 'lost' };

/**
 * Runs one command of our own on a backend connection and keeps its answer from the client. The connection's frame handler is
 * borrowed meanwhile and given back; if the connection ends, the borrowed handler is told so afterwards. A server that does not answer
 * within `timeoutMs` is hung up on.
 */
export function exchange(connection: BackendConnection, payload: Buffer, timeoutMs: number): Promise<ExchangeEnd> {
  return new Promise((resolve) => {
    const { packets } = connection;
    packets.handler = new Exchange(connection, payload[0] ?? 0, packets.handler, timeoutMs, resolve);
    packets.write(encodeFrames(payload, 0));
  });
}

/** The same for a text: where query attributes were agreed, a statement says that it has none. */
export function exchangeQuery(connection: BackendConnection, sql: string, timeoutMs: number): Promise<ExchangeEnd> {
  return exchange(connection, encodeQuery({ sql: Buffer.from(sql), attributes: [] }, connection.capabilities), timeoutMs);
}

class Exchange implements FrameHandler {
  readonly #connection: BackendConnection;
  readonly #before: FrameHandler;
  readonly #done: (end: ExchangeEnd) => void;
  readonly #tracker = new ResponseTracker();
  readonly #timer: NodeJS.Timeout;
  readonly #columns: Buffer[] = [];
  readonly #rows: Buffer[] = [];
  /** Of a large frame. */
  #parts: Buffer[] = [];
  #partOf: FrameRole | undefined;
  #first: Buffer | undefined;
  #err: ErrPacket | undefined;

  constructor(connection: BackendConnection, command: number, before: FrameHandler, timeoutMs: number, done: (end: ExchangeEnd) => void) {
    this.#connection = connection;
    this.#before = before;
    this.#done = done;
    this.#timer = setTimeout(() => this.#timeOut(timeoutMs), timeoutMs);
    this.#tracker.begin(command, connection.capabilities, connection.mariadbCapabilities);
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    const payload = chunk.subarray(start + HEADER_SIZE, end);
    const role = this.#tracker.frame(chunk, start + HEADER_SIZE, payload.length);
    this.#first ??= Buffer.from(payload);
    if (role === 'column') this.#columns.push(Buffer.from(payload));
    if (role === 'row') this.#rows.push(Buffer.from(payload));
    if (role === 'err') this.#err = decodeErr(payload, this.#connection.capabilities);
    if (!this.#tracker.done) return;
    clearTimeout(this.#timer);
    this.#connection.packets.handler = this.#before;
    if (this.#err !== undefined) this.#done({ kind: 'err', err: this.#err });
    else this.#done({ kind: 'ok', first: this.#first, columns: this.#columns, rows: this.#rows, last: Buffer.from(payload) });
  }

  onPart(chunk: Buffer, start: number, end: number, first: boolean, last: boolean): void {
    if (first) {
      this.#parts = [];
      this.#partOf = this.#tracker.frame(chunk, start + HEADER_SIZE, payloadLength(chunk, start));
    }
    this.#parts.push(Buffer.from(chunk.subarray(first ? start + HEADER_SIZE : start, end)));
    if (last && this.#partOf === 'row') this.#rows.push(Buffer.concat(this.#parts));
    if (last) this.#parts = [];
  }

  #timeOut(timeoutMs: number): void {
    this.#connection.packets.destroy();
    this.onClose(new SocketError('backend', 'timeout', `${this.#connection.backend} did not answer within ${timeoutMs} ms`));
  }

  onBatchEnd(): void {}
  onDrain(): void {}
  onEnd(): void {}

  onClose(error: SocketError | undefined): void {
    clearTimeout(this.#timer);
    this.#connection.packets.handler = this.#before;
    this.#done({ kind: 'lost' });
    this.#before.onClose(error);
  }
}
