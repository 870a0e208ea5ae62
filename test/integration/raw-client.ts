import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** Capability bits, spelled out here so that nothing of the proxy's codec is needed. */
export const CAPS = {
  /** What drivers without session tracking and DEPRECATE_EOF set: 4.1, transactions, secure connection, multi statements and results, plugin auth, found rows. */
  plain: 0x000fa202 | 0x4,
  sessionTrack: 0x0080_0000,
  deprecateEof: 0x0100_0000,
  withDatabase: 0x8,
} as const;

/** A client written by hand for tests that look at bytes: logs in with mysql_native_password and gives the frames of answers as they came. */
export class RawClient {
  greeting: Buffer = Buffer.alloc(0);
  readonly #socket: Socket;
  readonly #frames: Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  static async open(port: number, capabilities: number, user = 'app', password = 'app', database = 'test1'): Promise<RawClient> {
    const client = new RawClient(connect({ host: '127.0.0.1', port, noDelay: true }));
    client.greeting = (await client.frame()).subarray(4);
    await client.#login(capabilities | CAPS.withDatabase, user, password, database);
    return client;
  }

  /** The next frame, header included. */
  async frame(): Promise<Buffer> {
    while (this.#frames.length === 0) {
      if (this.#ended) throw new Error('the server closed the connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#frames.shift() as Buffer;
  }

  /** All frames of the answer to a command. A COM_STATISTICS behind it marks the end: its text begins with "Uptime". */
  async command(payload: Buffer): Promise<Buffer[]> {
    this.#socket.write(Buffer.concat([frameOf(payload, 0), frameOf(Buffer.of(0x09), 0)]));
    const frames: Buffer[] = [];
    for (;;) {
      const frame = await this.frame();
      if (frame.toString('latin1', 4, 10) === 'Uptime') return frames;
      frames.push(frame);
    }
  }

  query(sql: string): Promise<Buffer[]> {
    return this.command(Buffer.concat([Buffer.of(0x03), Buffer.from(sql)]));
  }

  /** Sends bytes as they are. */
  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 4) {
      const size = 4 + this.#bytes.readUIntLE(0, 3);
      if (this.#bytes.length < size) break;
      this.#frames.push(this.#bytes.subarray(0, size));
      this.#bytes = this.#bytes.subarray(size);
    }
    this.#wake?.();
  }

  async #login(capabilities: number, user: string, password: string, database: string): Promise<void> {
    const versionEnd = this.greeting.indexOf(0, 1);
    const nonce = Buffer.concat([
      this.greeting.subarray(versionEnd + 5, versionEnd + 13),
      this.greeting.subarray(versionEnd + 32, versionEnd + 44),
    ]);
    const head = Buffer.alloc(32);
    // Bit 0 stays unset at MariaDB only when its own bits follow; here it is set on both.
    head.writeUInt32LE((capabilities | 1) >>> 0, 0);
    head.writeUInt32LE(0x100_0000, 4);
    head[8] = 45;
    const answer = native(password, nonce);
    const parts = [head, Buffer.from(`${user}\0`), Buffer.of(answer.length), answer, Buffer.from(`${database}\0mysql_native_password\0`)];
    this.#socket.write(frameOf(Buffer.concat(parts), 1));
    for (;;) {
      const frame = await this.frame();
      if (frame[4] === 0x00) return;
      if (frame[4] !== 0xfe) throw new Error(`login refused: ${frame.toString('latin1', 7)}`);
      const data = frame.subarray(frame.indexOf(0, 5) + 1);
      this.#socket.write(frameOf(native(password, data.subarray(0, 20)), (frame[3] as number) + 1));
    }
  }
}

/** A frame of up to 16 MiB - 2. */
export function frameOf(payload: Buffer, sequence: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, payload]);
}

/** The answer of mysql_native_password. */
export function native(password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const sha1 = (...parts: (Buffer | string)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest();
  const stage1 = sha1(password);
  const mask = sha1(nonce, sha1(stage1));
  return stage1.map((byte, index) => byte ^ (mask[index] as number)) as Buffer;
}
