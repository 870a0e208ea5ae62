import type { FrameHandler, PacketSocket } from '../net/packet-socket.js';
import { SocketError } from '../net/socket-error.js';
import { HEADER_SIZE, payloadLength } from '../protocol/frame.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { type FrameRole, ResponseTracker } from '../protocol/response-tracker.js';
import type { AnswerDigest } from './replay/answer-digest.js';

/** What the relay tells its session. */
export interface RelayOwner {
  /**
   * An OK, EOF, ERR, LOCAL INFILE request or prepare-OK, header included, before it is forwarded.
   * Returns the bytes to forward in its place, the same buffer view for "unchanged", or undefined to forward nothing.
   */
  replyFrame(role: FrameRole, frame: Buffer, tracker: ResponseTracker): Buffer | undefined;
  /** The answer is complete and has been written to the client. */
  replyEnded(tracker: ResponseTracker): void;
  /** A packet that nobody asked for: an ERR before the server closes. */
  unexpectedFrame(frame: Buffer): void;
  backendDrained(): void;
  /** Something that must not happen. */
  failed(error: unknown): void;
  backendClosed(error: SocketError | undefined): void;
}

/**
 * Passes a server's answer on to the client: whole packets, untouched and uncopied, one write for all of a read. It is the backend
 * socket's frame handler for as long as the session holds that connection.
 */
export class Relay implements FrameHandler {
  readonly tracker = new ResponseTracker();
  readonly #client: PacketSocket;
  readonly #backend: PacketSocket;
  readonly #owner: RelayOwner;
  #expecting = false;
  /** What is gathered of the present chunk. */
  #chunk: Buffer | undefined;
  #from = 0;
  #to = 0;
  #ended = false;
  /** Adds up the answers to the statements of a recorded transaction: once per read, not per packet. */
  digest: AnswerDigest | undefined;
  /** Of the present chunk: what has not been added up. */
  #undigested = 0;
  /** Sequence id of the last packet passed to the client. */
  lastSequenceId = 0;
  /** Something of the present answer was passed to the client. */
  forwarded = false;
  #repliesSeen = 0;
  #discarding = false;
  #withholding = false;
  /** A packet larger than 64 KiB is on its way: nothing can be put in its middle. */
  midPacket = false;
  /** Bytes passed to the client since the connection was attached. */
  bytes = 0;

  constructor(client: PacketSocket, backend: PacketSocket, owner: RelayOwner) {
    this.#client = client;
    this.#backend = backend;
    this.#owner = owner;
  }

  /** An answer to `command` will come. */
  expect(command: number, capabilities: number, mariadbCapabilities: number): void {
    this.tracker.begin(command, capabilities, mariadbCapabilities);
    this.#expecting = !this.tracker.done;
    this.#ended = false;
    this.forwarded = false;
    this.#withholding = false;
    this.#repliesSeen = 0;
    this.midPacket = false;
  }

  /** True while the first OK or ERR of the answer is looked at and nothing came before it. */
  get isFirstReply(): boolean {
    return this.#repliesSeen === 1 && !this.forwarded && this.#chunk === undefined;
  }

  /** The answer under way is read to its end and thrown away. False when some of it is with the client already. */
  withhold(): boolean {
    if (this.forwarded || this.#chunk !== undefined || this.midPacket) return false;
    this.#withholding = true;
    return true;
  }

  /** The client is gone: answers are read to their end and thrown away. */
  discard(): void {
    this.#discarding = true;
    this.#backend.resume();
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    try {
      this.#frame(chunk, start, end);
    } catch (error) {
      this.#nonsense(error);
    }
  }

  #frame(chunk: Buffer, start: number, end: number): void {
    if (!this.#expecting) {
      this.#owner.unexpectedFrame(chunk.subarray(start, end));
      return;
    }
    const role = this.tracker.frame(chunk, start + HEADER_SIZE, end - start - HEADER_SIZE);
    this.lastSequenceId = chunk[start + 3] ?? 0;
    switch (role) {
      case 'row':
      case 'column':
      case 'param':
      case 'result-header':
      case 'continuation':
      case 'data':
        this.#gather(chunk, start, end);
        break;
      default:
        this.#reply(role, chunk, start, end);
    }
    if (this.tracker.done) {
      this.#expecting = false;
      this.#ended = true;
    }
  }

  /** A frame that passes in parts begins; false when it makes no sense. */
  #largeFrame(chunk: Buffer, start: number): boolean {
    try {
      this.tracker.frame(chunk, start + HEADER_SIZE, payloadLength(chunk, start));
    } catch (error) {
      this.#nonsense(error);
      return false;
    }
    this.lastSequenceId = chunk[start + 3] ?? 0;
    return true;
  }

  /** The server's bytes make no sense: nothing that follows can be trusted, so the connection ends here. */
  #nonsense(error: unknown): void {
    if (!(error instanceof ProtocolError)) return this.#owner.failed(error);
    this.#flush();
    this.#expecting = false;
    this.#backend.destroy();
    this.#owner.backendClosed(new SocketError('backend', 'other', error.message, error));
  }

  #reply(role: FrameRole, chunk: Buffer, start: number, end: number): void {
    this.#repliesSeen += 1;
    const frame = chunk.subarray(start, end);
    if (this.digest !== undefined) {
      this.#digestGathered(this.digest);
      this.digest.reply(role, frame);
    }
    const replacement = this.#owner.replyFrame(role, frame, this.tracker);
    if (replacement === frame) {
      this.#gather(chunk, start, end);
      this.#undigested = end;
    } else if (replacement !== undefined) {
      this.#flush();
      this.#write(replacement);
    }
  }

  #gather(chunk: Buffer, start: number, end: number): void {
    if (this.#chunk === chunk && this.#to === start) {
      this.#to = end;
      return;
    }
    this.#flush();
    this.#chunk = chunk;
    this.#from = start;
    this.#to = end;
    this.#undigested = start;
  }

  #digestGathered(digest: AnswerDigest): void {
    if (this.#chunk !== undefined && this.#undigested < this.#to) digest.data(this.#chunk, this.#undigested, this.#to);
    this.#undigested = this.#to;
  }

  onPart(chunk: Buffer, start: number, end: number, first: boolean, last: boolean): void {
    if (!this.#expecting) return;
    if (first && !this.#largeFrame(chunk, start)) return;
    this.#gather(chunk, start, end);
    this.midPacket = !last;
    if (last && this.tracker.done) {
      this.#expecting = false;
      this.#ended = true;
    }
  }

  onBatchEnd(): void {
    this.#flush();
    if (!this.#ended) return;
    this.#ended = false;
    try {
      this.#owner.replyEnded(this.tracker);
    } catch (error) {
      this.#owner.failed(error);
    }
  }

  #flush(): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    if (this.digest !== undefined) this.#digestGathered(this.digest);
    this.#chunk = undefined;
    this.#write(this.#from === 0 && this.#to === chunk.length ? chunk : chunk.subarray(this.#from, this.#to));
  }

  #write(bytes: Buffer): void {
    if (this.#discarding || this.#withholding) return;
    this.forwarded = true;
    this.bytes += bytes.length;
    if (!this.#client.write(bytes)) this.#backend.pause();
  }

  /** Forgets the answer under way. */
  stop(): void {
    this.#expecting = false;
    this.#ended = false;
    this.#chunk = undefined;
  }

  onDrain(): void {
    this.#owner.backendDrained();
  }

  onEnd(): void {
    // A server never half-closes; the close that follows is what counts.
    this.#backend.end();
  }

  onClose(error: SocketError | undefined): void {
    this.#flush();
    this.#owner.backendClosed(error);
  }
}
