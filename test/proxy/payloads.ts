import { queryPayload } from './wire-client.js';

/** Command bytes, written out here so that nothing of the proxy's own list is used. */
export const COM = {
  sleep: 0x00,
  quit: 0x01,
  initDb: 0x02,
  query: 0x03,
  fieldList: 0x04,
  createDb: 0x05,
  dropDb: 0x06,
  refresh: 0x07,
  shutdown: 0x08,
  statistics: 0x09,
  processInfo: 0x0a,
  connect: 0x0b,
  processKill: 0x0c,
  debug: 0x0d,
  ping: 0x0e,
  time: 0x0f,
  delayedInsert: 0x10,
  changeUser: 0x11,
  binlogDump: 0x12,
  tableDump: 0x13,
  connectOut: 0x14,
  registerReplica: 0x15,
  prepare: 0x16,
  execute: 0x17,
  longData: 0x18,
  close: 0x19,
  reset: 0x1a,
  setOption: 0x1b,
  fetch: 0x1c,
  daemon: 0x1d,
  binlogDumpGtid: 0x1e,
  resetConnection: 0x1f,
} as const;

/** A command byte and what follows it; numbers are 4 bytes, texts are UTF-8. */
export function command(byte: number, ...rest: readonly (Buffer | string | number)[]): Buffer {
  const parts = rest.map((part) => {
    if (typeof part === 'string') return Buffer.from(part);
    if (typeof part !== 'number') return part;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(part >>> 0, 0);
    return bytes;
  });
  return Buffer.concat([Buffer.of(byte), ...parts]);
}

export const query = queryPayload;

/** A binary parameter: protocol type, wire bytes (null: NULL; undefined: given by long data). */
export interface Parameter {
  readonly type: number;
  readonly value: Buffer | null | undefined;
  readonly unsigned?: boolean;
}

/** Length-encoded bytes. */
export function lenenc(bytes: Buffer | string): Buffer {
  const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  if (body.length < 0xfb) return Buffer.concat([Buffer.of(body.length), body]);
  const head = Buffer.alloc(body.length < 0x1_0000 ? 3 : body.length < 0x100_0000 ? 4 : 9);
  head[0] = head.length === 3 ? 0xfc : head.length === 4 ? 0xfd : 0xfe;
  if (head.length === 9) head.writeBigUInt64LE(BigInt(body.length), 1);
  else head.writeUIntLE(body.length, 1, head.length - 1);
  return Buffer.concat([head, body]);
}

export interface ExecuteOptions {
  /** 0 none, 1 read only. */
  readonly cursor?: number;
  /** False: the types of the last execute. */
  readonly types?: boolean;
}

/** COM_STMT_EXECUTE. */
export function execute(id: number, parameters: readonly Parameter[] = [], options: ExecuteOptions = {}): Buffer {
  const head = Buffer.alloc(10);
  head[0] = COM.execute;
  head.writeUInt32LE(id >>> 0, 1);
  head[5] = options.cursor ?? 0;
  head.writeUInt32LE(1, 6);
  if (parameters.length === 0) return head;
  const nulls = Buffer.alloc((parameters.length + 7) >> 3);
  for (const [index, { value }] of parameters.entries())
    if (value === null) nulls[index >> 3] = (nulls[index >> 3] ?? 0) | (1 << (index & 7));
  const types = options.types === false ? [] : parameters.map(({ type, unsigned }) => Buffer.of(type, unsigned === true ? 0x80 : 0));
  const values = parameters.flatMap(({ value }) => (value === null || value === undefined ? [] : [value]));
  return Buffer.concat([head, nulls, Buffer.of(types.length > 0 ? 1 : 0), ...types, ...values]);
}

function number(bytes: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
}

/** One parameter of every type that servers take, by name. */
export const PARAMETERS: Readonly<Record<string, Parameter>> = {
  tiny: { type: 1, value: Buffer.of(0x80) },
  tinyUnsigned: { type: 1, unsigned: true, value: Buffer.of(0xff) },
  short: { type: 2, value: number(2, (b) => b.writeInt16LE(-32768)) },
  shortUnsigned: { type: 2, unsigned: true, value: number(2, (b) => b.writeUInt16LE(65535)) },
  long: { type: 3, value: number(4, (b) => b.writeInt32LE(-2147483648)) },
  longUnsigned: { type: 3, unsigned: true, value: number(4, (b) => b.writeUInt32LE(4294967295)) },
  longLong: { type: 8, value: number(8, (b) => b.writeBigInt64LE(-9223372036854775808n)) },
  longLongUnsigned: { type: 8, unsigned: true, value: number(8, (b) => b.writeBigUInt64LE(18446744073709551615n)) },
  float: { type: 4, value: number(4, (b) => b.writeFloatLE(1.5)) },
  double: { type: 5, value: number(8, (b) => b.writeDoubleLE(-1e300)) },
  decimal: { type: 246, value: lenenc('-12345678901234567890.123456789') },
  oldDecimal: { type: 0, value: lenenc('1.5') },
  nothing: { type: 6, value: null },
  nullText: { type: 253, value: null },
  timestamp: {
    type: 7,
    value: Buffer.concat([Buffer.of(11), Buffer.from('e8070203040506', 'hex'), number(4, (b) => b.writeUInt32LE(123456))]),
  },
  date: { type: 10, value: Buffer.of(4, 0xe8, 0x07, 2, 29) },
  dateTime: { type: 12, value: Buffer.of(7, 0xe8, 0x07, 2, 29, 23, 59, 59) },
  zeroDateTime: { type: 12, value: Buffer.of(0) },
  time: {
    type: 11,
    value: Buffer.concat([
      Buffer.of(12, 1),
      number(4, (b) => b.writeUInt32LE(2)),
      Buffer.of(3, 4, 5),
      number(4, (b) => b.writeUInt32LE(999)),
    ]),
  },
  zeroTime: { type: 11, value: Buffer.of(0) },
  year: { type: 13, value: number(2, (b) => b.writeUInt16LE(2024)) },
  varchar: { type: 15, value: lenenc('varchar ünï') },
  varString: { type: 253, value: lenenc('x'.repeat(300)) },
  string: { type: 254, value: lenenc('') },
  bit: { type: 16, value: lenenc(Buffer.of(5)) },
  enumeration: { type: 247, value: lenenc('b') },
  set: { type: 248, value: lenenc('a,b') },
  json: { type: 245, value: lenenc('{"a": [1, null]}') },
  tinyBlob: { type: 249, value: lenenc(Buffer.of(0, 1, 2, 0xff)) },
  mediumBlob: { type: 250, value: lenenc(Buffer.alloc(70_000, 7)) },
  longBlob: { type: 251, value: lenenc('long blob') },
  blob: { type: 252, value: lenenc(Buffer.alloc(300, 1)) },
  geometry: { type: 255, value: lenenc(Buffer.from('000000000101000000000000000000f03f0000000000000040', 'hex')) },
};
