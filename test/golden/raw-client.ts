import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Silence after which an answer is taken for complete. A clock, not a parser: the captures must not depend on our own reading. */
const QUIET_MS = 120;
const PATIENT_MS = 2500;
const FIRST_BYTE_MS = 20_000;

/** Sends requests whose bytes are written by hand, for what no driver at hand can be made to do. */
export class RawClient {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #lastByteMs = 0;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#received.push(bytes);
      this.#lastByteMs = Date.now();
    });
    socket.on('close', () => {
      this.#closed = true;
    });
    socket.on('error', () => undefined);
  }

  /**
   * Logs in as `user`, who has no password.
   * @param capabilities low 32 bits as the client's
   * @param mariadbCapabilities goes in the last four bytes of the filler
   */
  static async login(port: number, user: string, capabilities: number, mariadbCapabilities = 0, database = 'golden'): Promise<RawClient> {
    const client = new RawClient(connect({ host: '127.0.0.1', port }));
    await client.#quiet(QUIET_MS);
    const head = Buffer.alloc(32);
    head.writeUInt32LE(capabilities >>> 0, 0);
    head.writeUInt32LE(0x0100_0000, 4);
    head[8] = 45;
    head.writeUInt32LE(mariadbCapabilities >>> 0, 28);
    client.#received = [];
    const answer = await client.send(Buffer.concat([head, Buffer.from(`${user}\0\0${database}\0mysql_native_password\0`)]), 1);
    // MySQL 8 greets with another plugin and asks first; the answer of somebody without a password is an empty packet.
    if (answer[4] === 0xfe) await client.send(Buffer.alloc(0), 3);
    return client;
  }

  /** Sends one payload of at most 16 MiB - 2 and waits for the answer. Returns what came. */
  async send(payload: Buffer, sequence = 0, quietMs = QUIET_MS): Promise<Buffer> {
    this.#received = [];
    this.#lastByteMs = 0;
    const header = Buffer.alloc(4);
    header.writeUIntLE(payload.length, 0, 3);
    header[3] = sequence;
    this.#socket.write(Buffer.concat([header, payload]));
    if (quietMs > 0) await this.#quiet(quietMs);
    return Buffer.concat(this.#received);
  }

  /** Sends a command: its byte, then texts and hex (hex as `x:0a0b`). */
  async command(byte: number, ...parts: readonly string[]): Promise<Buffer> {
    return await this.send(request(byte, parts));
  }

  /** Sends a command that servers never answer. */
  async unanswered(byte: number, ...parts: readonly string[]): Promise<void> {
    await this.send(request(byte, parts), 0, 0);
    await sleep(QUIET_MS);
  }

  /** A command whose answer may pause in the middle. */
  async patient(byte: number, ...parts: readonly string[]): Promise<Buffer> {
    return await this.send(request(byte, parts), 0, PATIENT_MS);
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    await sleep(10);
  }

  async #quiet(quietMs: number): Promise<void> {
    const startMs = Date.now();
    for (;;) {
      await sleep(20);
      const nowMs = Date.now();
      if (this.#closed) return;
      if (this.#lastByteMs === 0 && nowMs - startMs > FIRST_BYTE_MS) throw new Error('the server does not answer');
      if (this.#lastByteMs !== 0 && nowMs - this.#lastByteMs > quietMs) return;
    }
  }
}

function request(byte: number, parts: readonly string[]): Buffer {
  const bytes = parts.map((part) => (part.startsWith('x:') ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part)));
  return Buffer.concat([Buffer.from([byte]), ...bytes]);
}
