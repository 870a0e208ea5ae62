import type { BackendConnection } from '../../backend/dial-request.js';
import type { FrameHandler } from '../../net/frame-handler.js';
import type { SocketError } from '../../net/socket-error.js';
import { HEADER_SIZE, payloadLength } from '../../protocol/frame.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type FrameRole, ResponseTracker } from '../../protocol/response-tracker.js';
import type { AnswerDigest } from './answer-digest.js';

/** `answered` with the status flags of its end. */
export type ReplayAnswer = { readonly kind: 'answered'; readonly statusFlags: number } | { readonly kind: 'lost' };

/**
 * Sends a recorded statement to another server and adds up its answer as the relay did the first time; nothing of it is kept. The connection's
 * frame handler is borrowed meanwhile. @param statusFlags as of the statement before: an ERR has none. A server that does not answer within `timeoutMs` is hung up on.
 */
export function replayExchange(
  connection: BackendConnection,
  command: number,
  parts: readonly Buffer[],
  digest: AnswerDigest,
  statusFlags: number,
  timeoutMs: number,
): Promise<ReplayAnswer> {
  return new Promise((resolve) => {
    const { packets } = connection;
    packets.handler = new ReplayExchange(connection, command, digest, statusFlags, timeoutMs, resolve);
    packets.cork();
    for (const part of parts) packets.write(part);
    packets.uncork();
  });
}

class ReplayExchange implements FrameHandler {
  readonly #connection: BackendConnection;
  readonly #before: FrameHandler;
  readonly #digest: AnswerDigest;
  readonly #done: (answer: ReplayAnswer) => void;
  readonly #tracker: ResponseTracker;
  readonly #timer: NodeJS.Timeout;
  #partOf: FrameRole | undefined;

  constructor(
    connection: BackendConnection,
    command: number,
    digest: AnswerDigest,
    statusFlags: number,
    timeoutMs: number,
    done: (answer: ReplayAnswer) => void,
  ) {
    this.#connection = connection;
    this.#before = connection.packets.handler;
    this.#digest = digest;
    this.#done = done;
    this.#timer = setTimeout(() => this.#cut(), Math.max(0, timeoutMs));
    digest.begin();
    this.#tracker = new ResponseTracker(statusFlags);
    this.#tracker.begin(command, connection.capabilities, connection.mariadbCapabilities);
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    try {
      const role = this.#tracker.frame(chunk, start + HEADER_SIZE, end - start - HEADER_SIZE);
      if (isData(role)) this.#digest.data(chunk, start, end);
      else this.#digest.reply(role, chunk.subarray(start, end));
      // Nobody has the file any more.
      if (role === 'local-infile') return this.#cut();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#cut();
    }
    this.#endIfDone();
  }

  onPart(chunk: Buffer, start: number, end: number, first: boolean, last: boolean): void {
    try {
      if (first) this.#partOf = this.#tracker.frame(chunk, start + HEADER_SIZE, payloadLength(chunk, start));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#cut();
    }
    if (this.#partOf !== undefined && isData(this.#partOf)) this.#digest.data(chunk, start, end);
    if (last) this.#endIfDone();
  }

  #endIfDone(): void {
    if (!this.#tracker.done) return;
    clearTimeout(this.#timer);
    this.#connection.packets.handler = this.#before;
    this.#done({ kind: 'answered', statusFlags: this.#tracker.statusFlags });
  }

  #cut(): void {
    this.#connection.packets.destroy();
    this.onClose(undefined);
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

/** As the relay has it. */
function isData(role: FrameRole): boolean {
  return role === 'row' || role === 'column' || role === 'result-header' || role === 'continuation' || role === 'param';
}
