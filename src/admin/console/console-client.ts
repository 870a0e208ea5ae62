import type { LoggedIn } from '../../client/login-result.js';
import { agreedCompression } from '../../net/compression-codec.js';
import type { FrameHandler } from '../../net/frame-handler.js';
import { Command, commandName } from '../../protocol/commands.js';
import { encodeEof } from '../../protocol/eof.js';
import { type ErrPacket, encodeErr } from '../../protocol/err.js';
import { encodeFrames, HEADER_SIZE } from '../../protocol/frame.js';
import type { Result } from './result.js';
import { okPayload, resultFrames } from './result-frames.js';

/** Commands that wait while one is answered; nobody pipelines more at a console. */
const MOST_WAITING = 100;

export interface ConsoleClientParts {
  readonly login: LoggedIn;
  /** @throws ConsoleError for what the client is to be told */
  run(statement: string): Promise<Result>;
  /** What the client is told of an error. */
  explain(error: unknown): ErrPacket;
  closed(): void;
}

/** One client of the console: answers its commands one after the other. */
export class ConsoleClient implements FrameHandler {
  readonly #parts: ConsoleClientParts;
  readonly #waiting: Buffer[] = [];
  #busy = false;
  #ended = false;
  #drained: (() => void) | undefined;

  constructor(parts: ConsoleClientParts) {
    this.#parts = parts;
    const { packets, nextSequenceId } = parts.login;
    packets.handler = this;
    packets.write(encodeFrames(okPayload(parts.login), nextSequenceId));
    const compression = agreedCompression(parts.login.capabilities);
    if (compression !== undefined) packets.startCompression(compression);
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    if (this.#waiting.length >= MOST_WAITING)
      return this.#refuse({ code: 1153, sqlState: '08S01', message: 'too many statements at once' });
    this.#waiting.push(Buffer.from(chunk.subarray(start + HEADER_SIZE, end)));
    if (!this.#busy) void this.#work();
  }

  onPart(): void {
    this.#refuse({
      code: 1153,
      sqlState: '08S01',
      message: "a statement of this console has at most 64 KiB: Got a packet bigger than 'max_allowed_packet' bytes",
    });
  }

  onBatchEnd(): void {}

  onDrain(): void {
    this.#drained?.();
  }

  onEnd(): void {
    this.#ended = true;
    if (!this.#busy) this.#parts.login.packets.end();
  }

  onClose(): void {
    this.#ended = true;
    this.#drained?.();
    this.#waiting.length = 0;
    this.#parts.closed();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    const { packets } = this.#parts.login;
    for (let payload = this.#waiting.shift(); payload !== undefined; payload = this.#waiting.shift()) {
      if (payload[0] === Command.QUIT) {
        packets.end();
        return;
      }
      const answer = await this.#answer(payload);
      if (packets.closing) return;
      // A client that does not read is not answered further.
      if (answer !== undefined && !packets.write(answer)) await new Promise<void>((resolve) => (this.#drained = resolve));
      if (packets.closing) return;
    }
    this.#busy = false;
    if (this.#ended) packets.end();
  }

  async #answer(payload: Buffer): Promise<Buffer | undefined> {
    const { login } = this.#parts;
    switch (payload[0]) {
      case Command.QUERY:
        return this.#query(payload.subarray(1).toString());
      case Command.PING:
      case Command.INIT_DB:
      case Command.RESET_CONNECTION:
        return encodeFrames(okPayload(login), 1);
      case Command.SET_OPTION:
      case Command.FIELD_LIST:
        return encodeFrames(encodeEof({ warnings: 0, statusFlags: 2 }, login.capabilities), 1);
      case Command.STATISTICS:
        return encodeFrames(Buffer.from('Pointsman SQL console'), 1);
      case Command.STMT_CLOSE:
        return undefined;
      case Command.STMT_PREPARE:
        return this.#error({
          code: 1295,
          sqlState: 'HY000',
          message: 'This console has no prepared statements: send text, or let your driver build it (interpolateParams, emulated prepares)',
        });
      default:
        return this.#error({ code: 1047, sqlState: '08S01', message: `${commandName(payload[0] ?? 0)} is not known to this console` });
    }
  }

  async #query(statement: string): Promise<Buffer> {
    const { login } = this.#parts;
    try {
      const result = await this.#parts.run(statement);
      return 'columns' in result ? resultFrames(result, login, 1) : encodeFrames(okPayload(login, result.info), 1);
    } catch (error) {
      return this.#error(this.#parts.explain(error));
    }
  }

  #error(error: ErrPacket): Buffer {
    return encodeFrames(encodeErr(error, this.#parts.login.capabilities), 1);
  }

  #refuse(error: ErrPacket): void {
    this.#waiting.length = 0;
    this.#parts.login.packets.end(this.#error(error));
  }
}
