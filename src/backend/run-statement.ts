import type { FrameHandler, PacketSocket } from '../net/packet-socket.js';
import { SocketError } from '../net/socket-error.js';
import { encodeQuery } from '../protocol/commands/query.js';
import { decodeErr, type ErrPacket } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE } from '../protocol/frame.js';
import { decodeOk, type OkPacket } from '../protocol/ok.js';
import { StatusFlag } from '../protocol/status-flags.js';
import type { BackendConnection } from './dial-request.js';

/** `lost`: the connection ended, timed out or spoke nonsense; it is destroyed. After `ok` and `err` it can be used on. */
export type StatementOutcome =
  | { readonly kind: 'ok'; readonly ok: OkPacket }
  | { readonly kind: 'err'; readonly err: ErrPacket }
  | { readonly kind: 'lost'; readonly error: SocketError };

/**
 * Runs one statement without a result set (SET, USE, KILL ...) on a connection that nobody else uses at the moment, and gives its OK or ERR;
 * of several statements in one text the last OK or the first ERR. Takes `packets.handler`: set the next one inside `done`, which is called
 * exactly once and never before this returns.
 */
export function runStatement(
  connection: BackendConnection,
  sql: string,
  timeoutMs: number,
  done: (outcome: StatementOutcome) => void,
): void {
  new RunStatement(connection, timeoutMs, done).send(
    encodeQuery({ sql: Buffer.from(sql, 'utf8'), attributes: [] }, connection.capabilities),
  );
}

/** The same for a command without arguments that is answered by OK or ERR: COM_PING, COM_RESET_CONNECTION. */
export function runCommand(
  connection: BackendConnection,
  command: number,
  timeoutMs: number,
  done: (outcome: StatementOutcome) => void,
): void {
  new RunStatement(connection, timeoutMs, done).send(Buffer.of(command));
}

class RunStatement implements FrameHandler {
  readonly #packets: PacketSocket;
  readonly #capabilities: number;
  readonly #done: (outcome: StatementOutcome) => void;
  readonly #timer: NodeJS.Timeout;
  #finished = false;

  constructor(connection: BackendConnection, timeoutMs: number, done: (outcome: StatementOutcome) => void) {
    this.#packets = connection.packets;
    this.#capabilities = connection.capabilities;
    this.#done = done;
    this.#timer = setTimeout(() => this.#lose('timeout', `no answer within ${timeoutMs} ms`), timeoutMs);
    this.#packets.handler = this;
  }

  send(payload: Buffer): void {
    this.#packets.write(encodeFrames(payload, 0));
    if (this.#packets.closing) process.nextTick(() => this.#lose('reset', 'the connection is closed already'));
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    // A view is fine for decoding, but what outlives this call must not hold the chunk.
    const payload = Buffer.from(chunk.subarray(start + HEADER_SIZE, end));
    try {
      if (payload[0] === 0xff) this.#finish({ kind: 'err', err: decodeErr(payload, this.#capabilities) });
      else if (payload[0] === 0x00) this.#onOk(decodeOk(payload, this.#capabilities));
      else this.#lose('other', 'a result set where only OK or ERR can come');
    } catch (cause) {
      this.#lose('other', cause instanceof Error ? cause.message : String(cause));
    }
  }

  onPart(): void {
    this.#lose('other', 'a packet too large for an OK');
  }

  onBatchEnd(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.#lose('reset', 'the server closed the connection');
  }

  onClose(error: SocketError | undefined): void {
    if (error === undefined) this.#lose('reset', 'the connection was closed');
    else this.#finish({ kind: 'lost', error });
  }

  #onOk(ok: OkPacket): void {
    if ((ok.statusFlags & StatusFlag.MORE_RESULTS_EXISTS) === 0) this.#finish({ kind: 'ok', ok });
  }

  #lose(kind: 'timeout' | 'reset' | 'other', message: string): void {
    if (this.#finished) return;
    this.#packets.destroy();
    this.#finish({ kind: 'lost', error: new SocketError('backend', kind, message) });
  }

  #finish(outcome: StatementOutcome): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#timer);
    this.#done(outcome);
  }
}
