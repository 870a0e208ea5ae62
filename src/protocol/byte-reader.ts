import { ProtocolError } from './protocol-error.js';

const NULL_MARK = 0xfb;

/**
 * Reads the fields of one payload in order and never past its end: what is missing is a ProtocolError that names the packet.
 * Buffers it gives are views on the payload; copy what must live longer than the chunk it came in.
 */
export class ByteReader {
  readonly #buffer: Buffer;
  readonly #packet: string;
  #at: number;

  constructor(payload: Buffer, packet: string, offset = 0) {
    this.#buffer = payload;
    this.#packet = packet;
    this.#at = offset;
  }

  /** Offset of the next byte to be read, from the start of the payload. */
  get offset(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#buffer.length - this.#at;
  }

  /** The next byte without taking it; undefined at the end. */
  peek(): number | undefined {
    return this.#buffer[this.#at];
  }

  u8(): number {
    return this.#buffer[this.#take(1)] as number;
  }

  u16(): number {
    return this.#buffer.readUInt16LE(this.#take(2));
  }

  u24(): number {
    return this.#buffer.readUIntLE(this.#take(3), 3);
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  u64(): bigint {
    return this.#buffer.readBigUInt64LE(this.#take(8));
  }

  /** Length-encoded integer: one byte, or 0xfc, 0xfd, 0xfe and two, three, eight more. */
  lenenc(): bigint {
    const first = this.u8();
    if (first < NULL_MARK) return BigInt(first);
    if (first === 0xfc) return BigInt(this.u16());
    if (first === 0xfd) return BigInt(this.u24());
    if (first === 0xfe) return this.u64();
    throw this.malformed(`0x${first.toString(16)} does not begin a length-encoded integer (offset ${this.#at - 1})`);
  }

  /** Length-encoded integer that counts something in this payload or in memory, so it must be a safe JavaScript number. */
  count(): number {
    const value = this.lenenc();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.malformed(`the count ${value} is absurd`);
    return Number(value);
  }

  bytes(length: number): Buffer {
    const from = this.#take(length);
    return this.#buffer.subarray(from, from + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** Length-encoded bytes. */
  lenencBytes(): Buffer {
    return this.bytes(this.count());
  }

  /** Length-encoded text; UTF-8. */
  lenencText(): string {
    return this.lenencBytes().toString('utf8');
  }

  /** Length-encoded bytes or NULL (0xfb). */
  nullableBytes(): Buffer | null {
    if (this.peek() !== NULL_MARK) return this.lenencBytes();
    this.skip(1);
    return null;
  }

  /** Bytes up to a NUL that must be there; the NUL is taken too. */
  nulBytes(): Buffer {
    const end = this.#buffer.indexOf(0, this.#at);
    if (end < 0) throw this.#truncated('no NUL ends the text');
    const value = this.bytes(end - this.#at);
    this.skip(1);
    return value;
  }

  /** UTF-8 text up to a NUL that must be there. */
  nulText(): string {
    return this.nulBytes().toString('utf8');
  }

  /** Text up to a NUL or, where some peers leave that out, up to the end. */
  nulOrRestText(): string {
    return this.#buffer.indexOf(0, this.#at) < 0 ? this.rest().toString('utf8') : this.nulText();
  }

  /** Everything that is left. */
  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** Takes the first byte of the payload, which must be `wanted`. */
  header(wanted: number): void {
    const found = this.u8();
    if (found === wanted) return;
    throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', this.#packet, `begins with 0x${hex(found)}, not 0x${hex(wanted)}`);
  }

  malformed(detail: string): ProtocolError {
    return new ProtocolError('PM_PROTOCOL_MALFORMED', this.#packet, detail);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#buffer.length - at) {
      throw this.#truncated(`${length} bytes wanted at offset ${at}, ${this.#buffer.length - at} left`);
    }
    this.#at = at + length;
    return at;
  }

  #truncated(detail: string): ProtocolError {
    return new ProtocolError('PM_PROTOCOL_TRUNCATED', this.#packet, detail);
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
