import fc from 'fast-check';
import { Capability } from '../../../src/protocol/capabilities.js';
import type { SessionTrackItem } from '../../../src/protocol/session-track.js';

/** Values of every kind of message, for round trips. Texts are well-formed: what is not UTF-8 does not survive decoding, by design. */
export const text = fc.string({ unit: 'binary', maxLength: 300 });
/** Objects as decoders make them (fast-check's own have no prototype). */
export function record<T>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

/** Text of a NUL-terminated field. */
export const nulText = text.map((value) => value.replaceAll('\0', '_'));
export const bytes = (maxLength = 300) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
export const u8 = fc.nat(0xff);
export const u16 = fc.nat(0xffff);
export const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
export const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

export const trackItem: fc.Arbitrary<SessionTrackItem> = fc.oneof(
  record({
    type: fc.constant('system-variables' as const),
    variables: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 }),
  }),
  record({ type: fc.constant('schema' as const), name: text }),
  record({ type: fc.constant('state-change' as const), changed: fc.boolean() }),
  record({ type: fc.constant('gtids' as const), encoding: u8, gtids: text }),
  record({ type: fc.constant('transaction-characteristics' as const), statements: text }),
  record({ type: fc.constant('transaction-state' as const), state: text }),
  record({ type: fc.constant('unknown' as const), id: fc.integer({ min: 6, max: 255 }), data: bytes() }),
);

export const ok = record({
  affectedRows: u64,
  insertId: u64,
  statusFlags: u16.map((flags) => flags & ~0x4000),
  warnings: u16,
  info: bytes(),
  sessionTrack: fc.option(fc.array(trackItem, { maxLength: 5 }), { nil: undefined }),
});

/** 20 bytes without NUL: what every server sends. */
const nonce = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((array) => Buffer.from(array.map((byte) => byte || 1)));

/** PROTOCOL_41, SECURE_CONNECTION and PLUGIN_AUTH set, SSL and the rest by chance. */
const capabilities = u32.map((bits) => (bits | Capability.PROTOCOL_41 | Capability.SECURE_CONNECTION | Capability.PLUGIN_AUTH) >>> 0);
const mariadbOf = (bits: number, extended: number) => ((bits & Capability.LONG_PASSWORD) === 0 ? extended : 0);

export const greeting = record({
  protocolVersion: fc.constant(10),
  serverVersion: nulText,
  connectionId: u32,
  authData: nonce,
  capabilities,
  mariadbCapabilities: u32,
  charset: u8,
  statusFlags: u16,
  authPlugin: nulText,
}).map((value) => ({ ...value, mariadbCapabilities: mariadbOf(value.capabilities, value.mariadbCapabilities) }));

const attributes = fc.array(fc.tuple(text, text), { maxLength: 6 });

/** Optional fields are there exactly where the flags say so. */
export const handshakeResponse = record({
  capabilities,
  mariadbCapabilities: u32,
  maxPacketSize: u32,
  charset: u8,
  user: nulText,
  authResponse: bytes(255),
  database: nulText,
  authPlugin: nulText,
  attributes,
  zstdLevel: u8,
}).map(({ database, authPlugin, attributes: pairs, zstdLevel, ...value }) => {
  const flag = (bit: number) => (value.capabilities & bit) !== 0;
  return {
    ...value,
    mariadbCapabilities: mariadbOf(value.capabilities, value.mariadbCapabilities),
    ...(flag(Capability.CONNECT_WITH_DB) && { database }),
    authPlugin,
    ...(flag(Capability.CONNECT_ATTRS) && { attributes: pairs }),
    ...(flag(Capability.ZSTD_COMPRESSION) && { zstdLevel }),
  };
});

export const changeUser = record({
  user: nulText,
  authResponse: bytes(255),
  database: nulText,
  charset: u16,
  authPlugin: nulText,
  attributes,
});

export const column = record({
  catalog: text,
  schema: text,
  table: text,
  orgTable: text,
  name: text,
  orgName: text,
  extendedType: fc.constant(Buffer.alloc(0)),
  charset: u16,
  length: u32,
  type: u8,
  flags: u16,
  decimals: u8,
});

/** Types whose values have a length in front, so that any bytes are a value. */
const attribute = record({
  type: fc.constantFrom(0x00, 0x0a, 0x0c, 0xf6, 0xfc, 0xfd, 0xfe),
  unsigned: fc.boolean(),
  name: text,
  value: fc.option(bytes()),
});
export const query = record({ sql: bytes(2000), attributes: fc.array(attribute, { maxLength: 20 }) });

export const stmtExecute = record({
  statementId: u32,
  flags: u8,
  iterations: u32,
  types: fc.option(fc.array(record({ type: u8, unsigned: fc.boolean(), name: fc.constant('') }), { minLength: 1, maxLength: 20 }), {
    nil: undefined,
  }),
  values: bytes(),
}).map((value) => {
  const parameterCount = value.types?.length ?? 3;
  return { ...value, parameterCount, nullBitmap: Buffer.alloc((parameterCount + 7) >>> 3, 0x15) };
});
