import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { decodeAuthMoreData, encodeAuthMoreData } from '../../../src/protocol/auth-more-data.js';
import { decodeAuthNextFactor, encodeAuthNextFactor } from '../../../src/protocol/auth-next-factor.js';
import { decodeAuthSwitchRequest, encodeAuthSwitchRequest } from '../../../src/protocol/auth-switch-request.js';
import { ByteReader } from '../../../src/protocol/byte-reader.js';
import { ByteWriter } from '../../../src/protocol/byte-writer.js';
import { decodeColumnDefinition, encodeColumnDefinition } from '../../../src/protocol/column-definition.js';
import { decodeChangeUser, encodeChangeUser } from '../../../src/protocol/commands/change-user.js';
import { decodeQuery, encodeQuery, sqlOf } from '../../../src/protocol/commands/query.js';
import { replaceStatementId, statementId } from '../../../src/protocol/commands/statement-id.js';
import { decodeStmtExecute, encodeStmtExecute, withTypes } from '../../../src/protocol/commands/stmt-execute.js';
import { decodeErr, encodeErr } from '../../../src/protocol/err.js';
import { encodeFrames } from '../../../src/protocol/frame.js';
import { decodeGreeting, encodeGreeting } from '../../../src/protocol/greeting.js';
import { decodeHandshakeResponse, encodeHandshakeResponse } from '../../../src/protocol/handshake-response.js';
import { skipLenenc, smallLenenc } from '../../../src/protocol/lenenc-scan.js';
import { decodeOk, encodeOk } from '../../../src/protocol/ok.js';
import { decodeTextRow, encodeTextRow } from '../../../src/protocol/text-row.js';
import {
  bytes,
  changeUser,
  column,
  greeting,
  handshakeResponse,
  nulText,
  ok,
  query,
  record,
  stmtExecute,
  text,
  u16,
  u32,
  u64,
} from './message-arbitraries.js';

const PROTOCOL_41 = 0x200;
const SESSION_TRACK = 0x80_0000;
const STATE_CHANGED = 0x4000;
const AUTH = 0x8000 | 0x8_0000 | 0x10_0000;
const QUERY_ATTRIBUTES = 0x800_0000;

/** Checks that what `check` asserts holds for many values. */
function property<T>(name: string, source: fc.Arbitrary<T>, check: (value: T) => void): void {
  t.test(name, async () => fc.assert(fc.property(source, check), { numRuns: 300 }));
}

function roundTrip<T>(name: string, source: fc.Arbitrary<T>, encode: (value: T) => Buffer, decode: (payload: Buffer) => unknown): void {
  property(name, source, (value) => deepStrictEqual(decode(encode(value)), value));
}

roundTrip('greeting', greeting, encodeGreeting, decodeGreeting);
roundTrip('handshake response', handshakeResponse, encodeHandshakeResponse, decodeHandshakeResponse);
roundTrip('auth switch request', record({ plugin: nulText, data: bytes(19) }), encodeAuthSwitchRequest, decodeAuthSwitchRequest);
roundTrip('auth more data', record({ data: bytes() }), encodeAuthMoreData, decodeAuthMoreData);
roundTrip('auth next factor', record({ plugin: nulText, data: bytes() }), encodeAuthNextFactor, decodeAuthNextFactor);
roundTrip('column definition', column, encodeColumnDefinition, decodeColumnDefinition);
roundTrip('text row', fc.array(fc.option(bytes(1000)), { maxLength: 30 }), encodeTextRow, decodeTextRow);
roundTrip(
  'ERR',
  record({ code: u16, sqlState: fc.stringMatching(/^[0-9A-Z]{5}$/), message: text }),
  (err) => encodeErr(err, PROTOCOL_41),
  (payload) => decodeErr(payload, PROTOCOL_41),
);
roundTrip(
  'COM_CHANGE_USER',
  changeUser,
  (request) => encodeChangeUser(request, AUTH),
  (payload) => decodeChangeUser(payload, AUTH),
);
roundTrip(
  'COM_QUERY with attributes',
  query,
  (request) => encodeQuery(request, QUERY_ATTRIBUTES),
  (payload) => decodeQuery(payload, QUERY_ATTRIBUTES),
);
property('COM_STMT_EXECUTE', stmtExecute, (request) => {
  const params = request.parameterCount;
  deepStrictEqual(decodeStmtExecute(encodeStmtExecute(request, 0, params), 0, params), request);
});

property('OK, with SESSION_TRACK: the flag follows the block', ok, (value) => {
  const agreed = PROTOCOL_41 | SESSION_TRACK;
  const flags = value.sessionTrack === undefined ? value.statusFlags : value.statusFlags | STATE_CHANGED;
  for (const header of [0x00, 0xfe] as const) {
    deepStrictEqual(decodeOk(encodeOk(value, agreed, header), agreed), { ...value, statusFlags: flags });
  }
});

property('OK for a client without SESSION_TRACK: no block, no flag', ok, (value) => {
  const again = decodeOk(encodeOk({ ...value, statusFlags: value.statusFlags | STATE_CHANGED }, PROTOCOL_41, 0x00), PROTOCOL_41);
  deepStrictEqual(again, { ...value, sessionTrack: undefined });
});

property('sqlOf finds the statement wherever it begins', query, (request) => {
  deepStrictEqual(sqlOf(encodeQuery(request, QUERY_ATTRIBUTES), QUERY_ATTRIBUTES), request.sql);
  deepStrictEqual(sqlOf(encodeQuery({ ...request, attributes: [] }, 0), 0), request.sql);
});

property('another statement id changes these four bytes only', fc.tuple(stmtExecute, u32, fc.nat(20)), ([request, id, offset]) => {
  const payload = encodeStmtExecute(request, 0, request.parameterCount);
  const chunk = Buffer.concat([Buffer.alloc(offset, 0xee), payload]);
  deepStrictEqual(statementId(chunk, offset), request.statementId);
  replaceStatementId(chunk, id, offset);
  deepStrictEqual(chunk.subarray(offset), encodeStmtExecute({ ...request, statementId: id }, 0, request.parameterCount));
});

property('types once left out can be put back in', stmtExecute, (request) => {
  if (request.types === undefined) return;
  const without = encodeStmtExecute({ ...request, types: undefined }, 0, request.parameterCount);
  const again = withTypes(decodeStmtExecute(without, 0, request.parameterCount), request.types);
  deepStrictEqual(encodeStmtExecute(again, 0, request.parameterCount), encodeStmtExecute(request, 0, request.parameterCount));
});

property('length-encoded integers', fc.tuple(fc.oneof(fc.bigInt({ min: 0n, max: 70_000n }), u64), bytes(5)), ([value, behind]) => {
  const encoded = new ByteWriter('test').lenenc(value).finish();
  deepStrictEqual(encoded.length, value < 251n ? 1 : value < 65_536n ? 3 : value < 16_777_216n ? 4 : 9);
  const chunk = Buffer.concat([encoded, behind]);
  deepStrictEqual(new ByteReader(chunk, 'test').lenenc(), value);
  deepStrictEqual(skipLenenc(chunk, 0, chunk.length, 'test'), encoded.length);
  if (encoded.length < 9) deepStrictEqual(smallLenenc(chunk, 0, chunk.length, 'test'), Number(value));
});

/** One field, written from eight bytes of data; gives the bytes it must become. */
function write(writer: ByteWriter, size: number, eight: Buffer): Buffer {
  if (size === 1) writer.u8(eight.readUInt8());
  else if (size === 2) writer.u16(eight.readUInt16LE());
  else if (size === 3) writer.u24(eight.readUIntLE(0, 3));
  else if (size === 4) writer.u32(eight.readUInt32LE());
  else writer.u64(eight.readBigUInt64LE());
  return eight.subarray(0, size);
}

const fields = fc.array(fc.tuple(fc.constantFrom(1, 2, 3, 4, 8), fc.uint8Array({ minLength: 8, maxLength: 8 }), bytes(50)), {
  maxLength: 40,
});

// A field that makes the writer grow was once written to the buffer it had before: every size must fall on every end.
property('a writer that grows', fields, (list) => {
  const writer = new ByteWriter('test');
  const expected = list.flatMap(([size, eight, between]) => {
    const number = write(writer, size, Buffer.from(eight));
    writer.bytes(between);
    return [number, between];
  });
  deepStrictEqual(writer.finish(), Buffer.concat(expected));
});

property('small payloads make one frame', fc.tuple(bytes(), fc.nat(300)), ([payload, sequence]) => {
  const header = Buffer.from([payload.length & 0xff, payload.length >> 8, 0, sequence & 0xff]);
  deepStrictEqual(encodeFrames(payload, sequence), Buffer.concat([header, payload]));
});
