import t, { type Test } from 'tap';
import { decodeAuthMoreData } from '../../../src/protocol/auth-more-data.js';
import { decodeAuthSwitchRequest, encodeAuthSwitchRequest } from '../../../src/protocol/auth-switch-request.js';
import { ByteWriter } from '../../../src/protocol/byte-writer.js';
import { decodeColumnDefinition } from '../../../src/protocol/column-definition.js';
import { decodeBinlogDumpGtid } from '../../../src/protocol/commands/binlog-dump-gtid.js';
import { decodeChangeUser } from '../../../src/protocol/commands/change-user.js';
import { decodeQuery } from '../../../src/protocol/commands/query.js';
import { replaceStatementId, statementId } from '../../../src/protocol/commands/statement-id.js';
import { decodeStmtExecute } from '../../../src/protocol/commands/stmt-execute.js';
import { decodeStmtPrepareOk } from '../../../src/protocol/commands/stmt-prepare-ok.js';
import { decodeEof } from '../../../src/protocol/eof.js';
import { decodeErr } from '../../../src/protocol/err.js';
import { decodeGreeting, encodeGreeting } from '../../../src/protocol/greeting.js';
import { decodeHandshakeResponse, encodeHandshakeResponse } from '../../../src/protocol/handshake-response.js';
import { decodeOk } from '../../../src/protocol/ok.js';
import { decodeProgressReport } from '../../../src/protocol/progress-report.js';
import { ProtocolError } from '../../../src/protocol/protocol-error.js';
import { decodeResultHeader } from '../../../src/protocol/result-header.js';
import { decodeSslRequest } from '../../../src/protocol/ssl-request.js';
import { decodeTextRow } from '../../../src/protocol/text-row.js';

const PROTOCOL_41 = 0x200;
const SESSION_TRACK = 0x80_0000;
const QUERY_ATTRIBUTES = 0x800_0000;
/** Flags, size, charset and filler of a handshake response; PROTOCOL_41, SECURE_CONNECTION and what is asked for. */
const response = (flags: string) => `${flags}0000000121${'00'.repeat(23)}`;

type Row = readonly [name: string, decode: (payload: Buffer) => unknown, hex: string, code: string, message: string];

const DECODE: readonly Row[] = [
  ['nothing at all', decodeGreeting, '', 'PM_PROTOCOL_TRUNCATED', 'greeting: 1 bytes wanted at offset 0, 0 left'],
  ['greeting of 3.20', decodeGreeting, '09332e3230', 'PM_PROTOCOL_UNSUPPORTED', 'greeting: protocol version 9, only 10 is spoken'],
  ['ERR for a greeting', decodeGreeting, 'ff1004', 'PM_PROTOCOL_UNSUPPORTED', 'greeting: protocol version 255, only 10 is spoken'],
  ['version without end', decodeGreeting, '0a382e30', 'PM_PROTOCOL_TRUNCATED', 'greeting: no NUL ends the text'],
  [
    'cut in its flags',
    decodeGreeting,
    `0a3800${'00'.repeat(14)}`,
    'PM_PROTOCOL_TRUNCATED',
    'greeting: 2 bytes wanted at offset 16, 1 left',
  ],
  [
    'client of MySQL 4.0',
    decodeHandshakeResponse,
    '0d2100000000726f6f7400',
    'PM_PROTOCOL_UNSUPPORTED',
    'handshake-response: the client does not speak protocol 4.1',
  ],
  [
    'SSLRequest too short',
    decodeSslRequest,
    '000a000000000001',
    'PM_PROTOCOL_TRUNCATED',
    'ssl-request: 1 bytes wanted at offset 8, 0 left',
  ],
  [
    'user without end',
    decodeHandshakeResponse,
    `${response('00a20000')}6d65`,
    'PM_PROTOCOL_TRUNCATED',
    'handshake-response: no NUL ends the text',
  ],
  [
    'auth response longer than the packet',
    decodeHandshakeResponse,
    `${response('00a20000')}6d650014aabb`,
    'PM_PROTOCOL_TRUNCATED',
    'handshake-response: 20 bytes wanted at offset 36, 2 left',
  ],
  [
    'auth response with an absurd length',
    decodeHandshakeResponse,
    `${response('00a22000')}6d6500feffffffffffffffff`,
    'PM_PROTOCOL_MALFORMED',
    'handshake-response: the count 18446744073709551615 is absurd',
  ],
  [
    'attributes longer than the packet',
    decodeHandshakeResponse,
    `${response('00a21000')}6d65000020`,
    'PM_PROTOCOL_TRUNCATED',
    'handshake-response: 32 bytes wanted at offset 37, 0 left',
  ],
  [
    'an attribute longer than the attributes',
    decodeHandshakeResponse,
    `${response('00a21000')}6d65000003026162`,
    'PM_PROTOCOL_TRUNCATED',
    'handshake-response attributes: 1 bytes wanted at offset 3, 0 left',
  ],
  [
    'a user for a switch request',
    decodeAuthSwitchRequest,
    '0061',
    'PM_PROTOCOL_UNEXPECTED',
    'auth-switch-request: begins with 0x00, not 0xfe',
  ],
  ['OK for more data', decodeAuthMoreData, '00', 'PM_PROTOCOL_UNEXPECTED', 'auth-more-data: begins with 0x00, not 0x01'],
  ['ERR for an OK', (p) => decodeOk(p, PROTOCOL_41), 'ff', 'PM_PROTOCOL_UNEXPECTED', 'ok: begins with 0xff, not 0x00 or 0xfe'],
  [
    'OK with NULL for a number',
    (p) => decodeOk(p, PROTOCOL_41),
    '00fb',
    'PM_PROTOCOL_MALFORMED',
    'ok: 0xfb does not begin a length-encoded integer (offset 1)',
  ],
  ['OK cut in its status', (p) => decodeOk(p, PROTOCOL_41), '00000002', 'PM_PROTOCOL_TRUNCATED', 'ok: 2 bytes wanted at offset 3, 1 left'],
  [
    'OK whose trackers are longer than it',
    (p) => decodeOk(p, PROTOCOL_41 | SESSION_TRACK),
    '000000024000000005',
    'PM_PROTOCOL_TRUNCATED',
    'ok: 5 bytes wanted at offset 9, 0 left',
  ],
  [
    'a tracker longer than the block',
    (p) => decodeOk(p, PROTOCOL_41 | SESSION_TRACK),
    '0000000240000000020109',
    'PM_PROTOCOL_TRUNCATED',
    'session-track: 9 bytes wanted at offset 2, 0 left',
  ],
  ['ERR without a code', (p) => decodeErr(p, PROTOCOL_41), 'ff15', 'PM_PROTOCOL_TRUNCATED', 'err: 2 bytes wanted at offset 1, 1 left'],
  ['EOF without status', (p) => decodeEof(p, PROTOCOL_41), 'fe0000', 'PM_PROTOCOL_TRUNCATED', 'eof: 2 bytes wanted at offset 3, 0 left'],
  [
    'result header without its flag',
    (p) => decodeResultHeader(p, 0x200_0000),
    '02',
    'PM_PROTOCOL_TRUNCATED',
    'result-header: 1 bytes wanted at offset 1, 0 left',
  ],
  [
    'column with fixed fields of another size',
    decodeColumnDefinition,
    '0000000000000a',
    'PM_PROTOCOL_MALFORMED',
    'column-definition: 10 bytes of fixed fields, not 12',
  ],
  ['row cut in a value', decodeTextRow, '0561', 'PM_PROTOCOL_TRUNCATED', 'text-row: 5 bytes wanted at offset 1, 1 left'],
  [
    'ERR for a progress report',
    decodeProgressReport,
    'ff1504',
    'PM_PROTOCOL_MALFORMED',
    'progress-report: an ERR packet, not a progress report',
  ],
  [
    'prepare OK too short',
    (p) => decodeStmtPrepareOk(p, PROTOCOL_41),
    '0001000000',
    'PM_PROTOCOL_TRUNCATED',
    'stmt-prepare-ok: 2 bytes wanted at offset 5, 0 left',
  ],
  ['another command', (p) => decodeQuery(p, 0), '0e', 'PM_PROTOCOL_UNEXPECTED', 'query: begins with 0x0e, not 0x03'],
  [
    'two sets of attributes',
    (p) => decodeQuery(p, QUERY_ATTRIBUTES),
    '030102',
    'PM_PROTOCOL_MALFORMED',
    'query: 2 sets of attributes, not 1',
  ],
  [
    'attributes without types',
    (p) => decodeQuery(p, QUERY_ATTRIBUTES),
    '0301010000',
    'PM_PROTOCOL_MALFORMED',
    'query: attributes without their types',
  ],
  [
    'more attributes than bytes',
    (p) => decodeQuery(p, QUERY_ATTRIBUTES),
    '03080100010000',
    'PM_PROTOCOL_MALFORMED',
    'query: 8 parameter types in 2 bytes',
  ],
  [
    'a billion attributes',
    (p) => decodeQuery(p, QUERY_ATTRIBUTES),
    '03fe00ca9a3b0000000001',
    'PM_PROTOCOL_TRUNCATED',
    'query: 125000000 bytes wanted at offset 11, 0 left',
  ],
  [
    'execute without its bitmap',
    (p) => decodeStmtExecute(p, 0, 9),
    '17010000000001000000ff',
    'PM_PROTOCOL_TRUNCATED',
    'stmt-execute: 2 bytes wanted at offset 10, 1 left',
  ],
  [
    'change user without a password length',
    (p) => decodeChangeUser(p, 0x8000),
    '116d6500',
    'PM_PROTOCOL_TRUNCATED',
    'change-user: 1 bytes wanted at offset 4, 0 left',
  ],
  [
    'a binlog name longer than the packet',
    decodeBinlogDumpGtid,
    '1e000001000000ffffffff',
    'PM_PROTOCOL_TRUNCATED',
    'binlog-dump-gtid: 4294967295 bytes wanted at offset 11, 0 left',
  ],
  [
    'a packet without its statement id',
    (p) => statementId(p),
    '17010000',
    'PM_PROTOCOL_TRUNCATED',
    'statement-id: the packet ends before its statement id',
  ],
  [
    'the same, replacing it',
    (p) => replaceStatementId(p, 1),
    '17',
    'PM_PROTOCOL_TRUNCATED',
    'statement-id: the packet ends before its statement id',
  ],
];

for (const [name, decode, hex, code, message] of DECODE) {
  t.test(`decode: ${name}`, async (t) => fails(t, () => decode(Buffer.from(hex, 'hex')), code, message));
}

const greeting = {
  protocolVersion: 10,
  serverVersion: '8',
  connectionId: 1,
  authData: Buffer.alloc(20, 1),
  capabilities: 0x8_8200,
  mariadbCapabilities: 0,
  charset: 45,
  statusFlags: 2,
  authPlugin: 'p',
};
const login = {
  capabilities: 0xa201,
  mariadbCapabilities: 0,
  maxPacketSize: 1,
  charset: 45,
  user: 'me',
  authResponse: Buffer.alloc(0),
};

const ENCODE: readonly (readonly [name: string, encode: () => unknown, message: string])[] = [
  [
    'a user with a NUL in it',
    () => encodeHandshakeResponse({ ...login, user: 'a\0b' }),
    'handshake-response: a NUL inside a NUL-terminated field',
  ],
  [
    'an answer of 256 bytes where one byte counts them',
    () => encodeHandshakeResponse({ ...login, authResponse: Buffer.alloc(256) }),
    'handshake-response: 256 does not fit 1 bytes',
  ],
  [
    'a plugin with a NUL in it',
    () => encodeAuthSwitchRequest({ plugin: '\0', data: Buffer.alloc(0) }),
    'auth-switch-request: a NUL inside a NUL-terminated field',
  ],
  ['a connection id of 33 bits', () => encodeGreeting({ ...greeting, connectionId: 2 ** 32 }), 'greeting: 4294967296 does not fit 4 bytes'],
  ['a negative number', () => new ByteWriter('test').u16(-1), 'test: -1 does not fit 2 bytes'],
  ['a fraction', () => new ByteWriter('test').u8(1.5), 'test: 1.5 does not fit 1 bytes'],
  ['too large a number', () => new ByteWriter('test').u24(2 ** 24), 'test: 16777216 does not fit 3 bytes'],
  ['a length of 65 bits', () => new ByteWriter('test').lenenc(2n ** 64n), 'test: 18446744073709551616 does not fit 8 bytes'],
];

for (const [name, encode, message] of ENCODE) {
  t.test(`encode: ${name}`, async (t) => fails(t, encode, 'PM_PROTOCOL_UNENCODABLE', message));
}

function fails(t: Test, work: () => unknown, code: string, message: string): void {
  try {
    t.fail(`no error but ${JSON.stringify(work())}`);
  } catch (error) {
    t.ok(error instanceof ProtocolError, 'a ProtocolError');
    t.equal((error as ProtocolError).code, code);
    t.equal((error as ProtocolError).message, message);
    t.equal((error as ProtocolError).packet, message.slice(0, message.indexOf(': ')));
  }
}
