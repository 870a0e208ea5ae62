import { ProtocolError } from './protocol-error.js';

const NULL_MARK = 0xfb;
const FIRST_SIZE = 64;

/** Builds one payload field by field; grows as needed. A value that does not fit its field is a ProtocolError. */
export class ByteWriter {
  readonly #packet: string;
  #buffer = Buffer.allocUnsafe(FIRST_SIZE);
  #length = 0;

  constructor(packet: string) {
    this.#packet = packet;
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    // The place first: taking it may replace the buffer, and JavaScript looks at what stands left before it.
    const at = this.#number(value, 1);
    this.#buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#number(value, 2);
    this.#buffer.writeUInt16LE(value, at);
    return this;
  }

  u24(value: number): this {
    const at = this.#number(value, 3);
    this.#buffer.writeUIntLE(value, at, 3);
    return this;
  }

  u32(value: number): this {
    const at = this.#number(value, 4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }

  u64(value: bigint): this {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw this.#unencodable(`${value} does not fit 8 bytes`);
    const at = this.#grow(8);
    this.#buffer.writeBigUInt64LE(value, at);
    return this;
  }

  /** Length-encoded integer in its shortest form, as servers write it. */
  lenenc(value: number | bigint): this {
    const number = BigInt(value);
    if (number < 0xfbn) return this.u8(Number(number));
    if (number <= 0xffffn) return this.u8(0xfc).u16(Number(number));
    if (number <= 0xff_ffffn) return this.u8(0xfd).u24(Number(number));
    return this.u8(0xfe).u64(number);
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value, 'utf8'));
  }

  zeros(count: number): this {
    const at = this.#grow(count);
    this.#buffer.fill(0, at, at + count);
    return this;
  }

  lenencBytes(value: Uint8Array): this {
    return this.lenenc(value.length).bytes(value);
  }

  lenencText(value: string): this {
    return this.lenencBytes(Buffer.from(value, 'utf8'));
  }

  nullableBytes(value: Uint8Array | null): this {
    return value === null ? this.u8(NULL_MARK) : this.lenencBytes(value);
  }

  /** One length byte, then the bytes: at most 255. */
  shortBytes(value: Uint8Array): this {
    return this.u8(value.length).bytes(value);
  }

  /** Text and the NUL that ends it; a NUL inside would cut it at the reader, so it is refused. */
  nulText(value: string): this {
    return this.nulBytes(Buffer.from(value, 'utf8'));
  }

  nulBytes(value: Uint8Array): this {
    if (value.includes(0)) throw this.#unencodable('a NUL inside a NUL-terminated field');
    return this.bytes(value).u8(0);
  }

  /** The payload. The writer must not be used after this. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #number(value: number, size: number): number {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** size) throw this.#unencodable(`${value} does not fit ${size} bytes`);
    return this.#grow(size);
  }

  #grow(size: number): number {
    const at = this.#length;
    this.#length = at + size;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }

  #unencodable(detail: string): ProtocolError {
    return new ProtocolError('PM_PROTOCOL_UNENCODABLE', this.#packet, detail);
  }
}
