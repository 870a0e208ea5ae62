import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Capability bits, spelled out here so that nothing of the proxy's codec is on this side. */
export const CAPS = {
  /** 4.1, transactions, secure connection, long flag, multi statements and results (text and prepared), plugin auth, local files. */
  plain: 0x0000_0005 | 0x80 | 0x0200 | 0x2000 | 0x8000 | 0x01_0000 | 0x02_0000 | 0x04_0000 | 0x08_0000,
  withDatabase: 0x8,
  ssl: 0x800,
  sessionTrack: 0x0080_0000,
  deprecateEof: 0x0100_0000,
} as const;

export interface WireLogin {
  readonly port: number;
  readonly host?: string;
  readonly capabilities?: number;
  /** MariaDB's own bits; bit 0 (CLIENT_MYSQL) is then left unset. */
  readonly mariadbCapabilities?: number;
  readonly user?: string;
  readonly password?: string;
  /** Default: test1; '' for none. */
  readonly database?: string;
  /** Collation id; default utf8mb4_general_ci. */
  readonly charset?: number;
  /** `mysql_native_password` (default) answers whatever plugin the greeting names. */
  readonly tls?: boolean;
}

export const HEADER = 4;
const MAX_PAYLOAD = 0xff_ffff;

/** Cuts a payload into frames at 16 MiB - 1, with the empty last frame where due. */
export function framesOf(payload: Buffer, sequence = 0): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, id = sequence; ; at += MAX_PAYLOAD, id++) {
    const length = Math.min(MAX_PAYLOAD, payload.length - at);
    const header = Buffer.alloc(HEADER);
    header.writeUIntLE(length, 0, 3);
    header[3] = id & 0xff;
    parts.push(header, payload.subarray(at, at + length));
    if (length < MAX_PAYLOAD) return parts;
  }
}

/** One frame, for payloads below 16 MiB - 1. */
export function frameOf(payload: Buffer | string, sequence = 0): Buffer {
  return Buffer.concat(framesOf(typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload, sequence));
}

/** COM_QUERY. */
export function queryPayload(sql: string | Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x03), typeof sql === 'string' ? Buffer.from(sql) : sql]);
}

/** The answer of mysql_native_password. */
export function nativeAnswer(password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const sha1 = (...parts: (Buffer | string)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest();
  const stage1 = sha1(password);
  const mask = sha1(nonce, sha1(stage1));
  return Buffer.from(stage1.map((byte, index) => byte ^ (mask[index] as number)));
}

/** The nonce in a greeting's payload. */
export function nonceOf(greeting: Buffer): Buffer {
  const versionEnd = greeting.indexOf(0, 1);
  return Buffer.concat([greeting.subarray(versionEnd + 5, versionEnd + 13), greeting.subarray(versionEnd + 32, versionEnd + 44)]);
}

/** A client written by hand, for tests that look at bytes or do what no driver does. Frames come out as they arrived. */
export class WireClient {
  /** Payload of the greeting. */
  greeting: Buffer = Buffer.alloc(0);
  nonce: Buffer = Buffer.alloc(0);
  socket: Socket;
  /** Bytes received in all. */
  received = 0;
  readonly #frames: Buffer[] = [];
  #chunks: Buffer[] = [];
  #held = 0;
  #wanted = HEADER;
  #wakers: (() => void)[] = [];
  #ended = false;
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#listen(socket);
  }

  /** Connects, waits for nothing. */
  static async dial(port: number, host = '127.0.0.1', localAddress?: string): Promise<WireClient> {
    const socket = connect({ host, port, noDelay: true, ...(localAddress !== undefined && { localAddress }) });
    await new Promise<void>((done, failed) => {
      socket.once('connect', done);
      socket.once('error', failed);
    });
    return new WireClient(socket);
  }

  /** Connects and logs in. Throws with the server's words when refused. */
  static async open(login: WireLogin): Promise<WireClient> {
    const client = await WireClient.dial(login.port, login.host);
    await client.greeted();
    if (login.tls === true) await client.startTls(login);
    client.send(frameOf(client.loginPayload(login), login.tls === true ? 2 : 1));
    await client.#authenticate(login);
    return client;
  }

  async greeted(): Promise<Buffer> {
    this.greeting = (await this.frame()).subarray(HEADER);
    if (this.greeting[0] !== 10) throw new Error(`no greeting but ${this.greeting.toString('latin1')}`);
    this.nonce = nonceOf(this.greeting);
    return this.greeting;
  }

  #head(login: WireLogin): Buffer {
    const { capabilities = CAPS.plain, mariadbCapabilities = 0, charset = 45 } = login;
    const head = Buffer.alloc(32);
    const base = mariadbCapabilities === 0 ? capabilities : capabilities & ~1;
    head.writeUInt32LE((base | (login.database === '' ? 0 : CAPS.withDatabase) | (login.tls === true ? CAPS.ssl : 0)) >>> 0, 0);
    head.writeUInt32LE(0x4000_0000, 4);
    head[8] = charset;
    head.writeUInt32LE(mariadbCapabilities >>> 0, 28);
    return head;
  }

  async startTls(login: WireLogin): Promise<void> {
    this.send(frameOf(this.#head({ ...login, tls: true }), 1));
    const raw = this.socket;
    raw.removeAllListeners('data');
    raw.removeAllListeners('close');
    const secure = connectTls({ socket: raw, rejectUnauthorized: false });
    await new Promise<void>((done, failed) => {
      secure.once('secureConnect', done);
      secure.once('error', failed);
    });
    this.socket = secure;
    this.#listen(secure);
  }

  /** Payload of the handshake response, answering with mysql_native_password. */
  loginPayload(login: WireLogin): Buffer {
    const { user = 'app', password = 'app', database = 'test1' } = login;
    const answer = nativeAnswer(password, this.nonce);
    const schema = database === '' ? '' : `${database}\0`;
    const names = Buffer.from(`${schema}mysql_native_password\0`);
    return Buffer.concat([this.#head(login), Buffer.from(`${user}\0`), Buffer.of(answer.length), answer, names]);
  }

  async #authenticate(login: WireLogin): Promise<void> {
    for (;;) {
      const frame = await this.frame();
      if (frame[HEADER] === 0x00) return;
      if (frame[HEADER] !== 0xfe) throw new Error(`login refused: ${frame.toString('latin1', HEADER + 1)}`);
      this.answerSwitch(frame, login.password);
    }
  }

  /** Answers an AuthSwitchRequest to mysql_native_password. */
  answerSwitch(frame: Buffer, password = 'app'): void {
    this.nonce = Buffer.from(frame.subarray(frame.indexOf(0, HEADER + 1) + 1).subarray(0, 20));
    this.send(frameOf(nativeAnswer(password, this.nonce), (frame[3] as number) + 1));
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', (error) => {
      this.#error = error;
    });
    const over = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('end', over);
    socket.on('close', over);
  }

  /** Undefined: the server has closed its side. */
  async nextFrame(limitMs = 30_000): Promise<Buffer | undefined> {
    const limit = Date.now() + limitMs;
    while (this.#frames.length === 0) {
      if (this.#ended) return undefined;
      const leftMs = limit - Date.now();
      if (leftMs <= 0) throw new Error(`no frame within ${limitMs} ms`);
      await this.#wait(leftMs);
    }
    return this.#frames.shift();
  }

  /** The next frame, header included. */
  async frame(limitMs?: number): Promise<Buffer> {
    const frame = await this.nextFrame(limitMs);
    if (frame === undefined)
      throw new Error(`the server closed the connection${this.#error === undefined ? '' : ` (${this.#error.message})`}`);
    return frame;
  }

  async frames(count: number, limitMs?: number): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    while (frames.length < count) frames.push(await this.frame(limitMs));
    return frames;
  }

  /** All frames until the server closes. */
  async toTheEnd(limitMs?: number): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for (;;) {
      const frame = await this.nextFrame(limitMs);
      if (frame === undefined) return frames;
      frames.push(frame);
    }
  }

  /** Frames that arrived and nobody took. */
  get unread(): readonly Buffer[] {
    return this.#frames;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends bytes as they are. */
  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** Sends one packet of any size. */
  packet(payload: Buffer, sequence = 0): void {
    this.socket.cork();
    for (const part of framesOf(payload, sequence)) this.socket.write(part);
    this.socket.uncork();
  }

  query(sql: string | Buffer): void {
    this.packet(queryPayload(sql));
  }

  /**
   * All frames of the answer to a command. COM_STATISTICS, sent behind it, marks the end: its text begins with "Uptime".
   * Not for commands that make the server wait for more (LOCAL INFILE).
   */
  async command(payload: Buffer, limitMs?: number): Promise<Buffer[]> {
    this.packet(payload);
    this.packet(Buffer.of(0x09));
    return this.upToUptime(limitMs);
  }

  async upToUptime(limitMs?: number): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for (;;) {
      const frame = await this.frame(limitMs);
      if (frame.toString('latin1', HEADER, HEADER + 6) === 'Uptime') return frames;
      frames.push(frame);
    }
  }

  /** First column of the first row of a text result, undefined when there is no row. */
  async value(sql: string): Promise<string | undefined> {
    const frames = await this.command(queryPayload(sql));
    if (frames[0]?.[HEADER] === 0xff) throw new Error(frames[0].toString('latin1', HEADER + 3));
    // The row stands before the last frame, an EOF.
    const row = frames.at(-2);
    if (frames.length < 4 || row === undefined) return undefined;
    const length = row[HEADER] as number;
    return length === 0xfb ? undefined : row.toString('utf8', HEADER + 1, HEADER + 1 + length);
  }

  /** Closes its sending side only. */
  halfClose(): void {
    this.socket.end();
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** FIN both ways. */
  close(): void {
    this.socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.received += bytes.length;
    this.#chunks.push(bytes);
    this.#held += bytes.length;
    while (this.#held >= this.#wanted) {
      const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
      const size = HEADER + all.readUIntLE(0, 3);
      this.#wanted = size;
      if (all.length < size) {
        this.#chunks = [all];
        break;
      }
      this.#frames.push(all.subarray(0, size));
      this.#chunks = all.length === size ? [] : [all.subarray(size)];
      this.#held = all.length - size;
      this.#wanted = HEADER;
    }
    this.#wake();
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  #wait(limitMs: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, limitMs);
      this.#wakers.push(() => {
        clearTimeout(timer);
        done();
      });
    });
  }
}

/** Code, SQLSTATE and text of an ERR frame; undefined for any other. */
export function errorOf(frame: Buffer | undefined): { code: number; sqlState: string; message: string } | undefined {
  if (frame === undefined || frame[HEADER] !== 0xff) return undefined;
  const withState = frame[HEADER + 3] === 0x23;
  return {
    code: frame.readUInt16LE(HEADER + 1),
    sqlState: withState ? frame.toString('latin1', HEADER + 4, HEADER + 9) : '',
    message: frame.toString('utf8', withState ? HEADER + 9 : HEADER + 3),
  };
}

/** Random numbers and bytes from a seed, the same on every machine. */
export class SeededBytes {
  readonly #seed: number;
  #block = 0;
  #pool: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    if (this.#at + 4 > this.#pool.length) {
      this.#pool = createHash('sha512')
        .update(`${this.#seed}:${this.#block++}`)
        .digest();
      this.#at = 0;
    }
    this.#at += 4;
    return this.#pool.readUInt32LE(this.#at - 4) % limit;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** The run's seed: `POINTSMAN_SEED`, else drawn. */
export function runSeed(): number {
  const given = Number(process.env['POINTSMAN_SEED']);
  return Number.isInteger(given) && given > 0 ? given : randomBytes(4).readUInt32LE(0) >>> 1;
}
