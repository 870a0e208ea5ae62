import { type AuthMoreData, decodeAuthMoreData, encodeAuthMoreData } from '../../../src/protocol/auth-more-data.js';
import { decodeAuthNextFactor, encodeAuthNextFactor } from '../../../src/protocol/auth-next-factor.js';
import { decodeAuthSwitchRequest, encodeAuthSwitchRequest } from '../../../src/protocol/auth-switch-request.js';
import { decodeColumnDefinition, encodeColumnDefinition } from '../../../src/protocol/column-definition.js';
import { decodeStmtPrepareOk, encodeStmtPrepareOk } from '../../../src/protocol/commands/stmt-prepare-ok.js';
import { decodeEof, encodeEof } from '../../../src/protocol/eof.js';
import { decodeErr, encodeErr } from '../../../src/protocol/err.js';
import { decodeGreeting, encodeGreeting } from '../../../src/protocol/greeting.js';
import { decodeHandshakeResponse, encodeHandshakeResponse } from '../../../src/protocol/handshake-response.js';
import { decodeLocalInfileRequest, encodeLocalInfileRequest } from '../../../src/protocol/local-infile-request.js';
import { decodeOk, encodeOk } from '../../../src/protocol/ok.js';
import { decodeProgressReport, encodeProgressReport } from '../../../src/protocol/progress-report.js';
import { decodeResultHeader, encodeResultHeader } from '../../../src/protocol/result-header.js';
import { decodeSslRequest, encodeSslRequest } from '../../../src/protocol/ssl-request.js';
import { decodeTextRow, encodeTextRow } from '../../../src/protocol/text-row.js';

/** One row: bytes ↔ value. `from` says who sent the bytes; values are those the sender was asked for, or the manual's. */
export interface MessageRow {
  readonly name: string;
  readonly from: string;
  /** Payload in hex, without header. */
  readonly hex: string;
  readonly value: unknown;
  decode(payload: Buffer): unknown;
  encode(value: never): Buffer;
}

const hex = (text: string) => Buffer.from(text, 'hex');
const utf8 = (text: string) => Buffer.from(text, 'utf8');

const PROTOCOL_41 = 0x200;
const TRANSACTIONS = 0x2000;
const SESSION_TRACK = 0x80_0000;
const OPTIONAL_METADATA = 0x200_0000;
const EXTENDED_METADATA = 0x8;
const CACHE_METADATA = 0x10;

const greeting = { decode: decodeGreeting, encode: encodeGreeting };
const response = { decode: decodeHandshakeResponse, encode: encodeHandshakeResponse };

/** OK packets, decoded and encoded with these capabilities. */
function ok(capabilities: number, header: 0x00 | 0xfe = 0x00): Pick<MessageRow, 'decode' | 'encode'> {
  return { decode: (payload) => decodeOk(payload, capabilities), encode: (value) => encodeOk(value, capabilities, header) };
}

function err(capabilities: number): Pick<MessageRow, 'decode' | 'encode'> {
  return { decode: (payload) => decodeErr(payload, capabilities), encode: (value) => encodeErr(value, capabilities) };
}

function column(mariadbCapabilities = 0): Pick<MessageRow, 'decode' | 'encode'> {
  return {
    decode: (payload) => decodeColumnDefinition(payload, mariadbCapabilities),
    encode: (value) => encodeColumnDefinition(value, mariadbCapabilities),
  };
}

const plainOk = { affectedRows: 0n, insertId: 0n, statusFlags: 2, warnings: 0, info: Buffer.alloc(0), sessionTrack: undefined };

export const LOGIN_ROWS: readonly MessageRow[] = [
  {
    name: 'greeting of MySQL',
    from: 'MySQL 8.0.15',
    hex: '0a382e302e313500260100004f05634f3c710a6c00ffffff0200ffc31500000000000000000000523307180619042b6e197f3a0063616368696e675f736861325f70617373776f726400',
    value: {
      protocolVersion: 10,
      serverVersion: '8.0.15',
      connectionId: 294,
      authData: hex('4f05634f3c710a6c523307180619042b6e197f3a'),
      capabilities: 0xc3ff_ffff,
      mariadbCapabilities: 0,
      charset: 255,
      statusFlags: 2,
      authPlugin: 'caching_sha2_password',
    },
    ...greeting,
  },
  {
    name: 'greeting of MariaDB: no LONG_PASSWORD, so capabilities of its own follow',
    from: 'MariaDB 10.11.19',
    hex: '0a352e352e352d31302e31312e31392d4d6172696144422d302b646562313275312d6c6f67002200000078552247216d225e00fef7080200ff81150000000000001d00000036302d314e747d383c64654f006d7973716c5f6e61746976655f70617373776f726400',
    value: {
      protocolVersion: 10,
      serverVersion: '5.5.5-10.11.19-MariaDB-0+deb12u1-log',
      connectionId: 34,
      authData: hex('78552247216d225e36302d314e747d383c64654f'),
      capabilities: 0x81ff_f7fe,
      mariadbCapabilities: 0x1d,
      charset: 8,
      statusFlags: 2,
      authPlugin: 'mysql_native_password',
    },
    ...greeting,
  },
  {
    name: 'SSLRequest',
    from: 'mariadb client to MySQL',
    hex: `8daabf000000100021${'00'.repeat(23)}`,
    value: { capabilities: 0x00bf_aa8d, mariadbCapabilities: 0, maxPacketSize: 0x10_0000, charset: 33 },
    decode: decodeSslRequest,
    encode: encodeSslRequest,
  },
  {
    name: 'handshake response with a database, a plugin and attributes',
    from: 'PyMySQL 1.2.4',
    hex: '8da23b00ffffff002d0000000000000000000000000000000000000000000000676f6c64656e5f6e617469766500207e6f7e2115f801f4bb60c126013461c7a7305b7d583659606a9547fe2f68fa0e676f6c64656e0063616368696e675f736861325f70617373776f726400360c5f636c69656e745f6e616d650770796d7973716c0f5f636c69656e745f76657273696f6e05312e322e34045f706964053136303635',
    value: {
      capabilities: 0x003b_a28d,
      mariadbCapabilities: 0,
      maxPacketSize: 0xff_ffff,
      charset: 45,
      user: 'golden_native',
      authResponse: hex('7e6f7e2115f801f4bb60c126013461c7a7305b7d583659606a9547fe2f68fa0e'),
      database: 'golden',
      authPlugin: 'caching_sha2_password',
      attributes: [
        ['_client_name', 'pymysql'],
        ['_client_version', '1.2.4'],
        ['_pid', '16065'],
      ],
    },
    ...response,
  },
  {
    name: "handshake response with MariaDB's capabilities",
    from: 'libmariadb 3.3 in the mariadb client',
    hex: '8ca2bf000000100021000000000000000000000000000000000000001d000000676f6c64656e5f6e61746976650014f5be3ba4f54ed1accb0f26eed05d6aba5d10de6e676f6c64656e006d7973716c5f6e61746976655f70617373776f7264007f035f6f73054c696e75780c5f636c69656e745f6e616d650a6c69626d617269616462045f7069640531393139310f5f636c69656e745f76657273696f6e06332e332e3230095f706c6174666f726d067838365f36340c70726f6772616d5f6e616d65056d7973716c0c5f7365727665725f686f7374093132372e302e302e31',
    value: {
      capabilities: 0x00bf_a28c,
      mariadbCapabilities: 0x1d,
      maxPacketSize: 0x10_0000,
      charset: 33,
      user: 'golden_native',
      authResponse: hex('f5be3ba4f54ed1accb0f26eed05d6aba5d10de6e'),
      database: 'golden',
      authPlugin: 'mysql_native_password',
      attributes: [
        ['_os', 'Linux'],
        ['_client_name', 'libmariadb'],
        ['_pid', '19191'],
        ['_client_version', '3.3.20'],
        ['_platform', 'x86_64'],
        ['program_name', 'mysql'],
        ['_server_host', '127.0.0.1'],
      ],
    },
    ...response,
  },
  {
    name: 'handshake response with nothing optional',
    from: 'the manual',
    hex: `00a20000000000012100${'00'.repeat(22)}6d650003616263`,
    value: {
      capabilities: 0xa200,
      mariadbCapabilities: 0,
      maxPacketSize: 0x100_0000,
      charset: 33,
      user: 'me',
      authResponse: utf8('abc'),
    },
    ...response,
  },
  {
    name: 'handshake response with a zstd level',
    from: 'the manual',
    hex: `01a20004000000012100${'00'.repeat(22)}00000a`,
    value: {
      capabilities: 0x0400_a201,
      mariadbCapabilities: 0,
      maxPacketSize: 0x100_0000,
      charset: 33,
      user: '',
      authResponse: hex(''),
      zstdLevel: 10,
    },
    ...response,
  },
  {
    name: 'auth switch request: the NUL behind the nonce is no part of it',
    from: 'MySQL 8.0.15',
    hex: 'fe6d7973716c5f6e61746976655f70617373776f7264004f05634f3c710a6c523307180619042b6e197f3a00',
    value: { plugin: 'mysql_native_password', data: hex('4f05634f3c710a6c523307180619042b6e197f3a') },
    decode: decodeAuthSwitchRequest,
    encode: encodeAuthSwitchRequest,
  },
  {
    name: 'auth switch request with data of another size, its last byte 0',
    from: 'the manual (client_ed25519)',
    hex: `fe636c69656e745f6564323535313900${'11'.repeat(31)}00`,
    value: { plugin: 'client_ed25519', data: hex(`${'11'.repeat(31)}00`) },
    decode: decodeAuthSwitchRequest,
    encode: encodeAuthSwitchRequest,
  },
  {
    name: 'auth more data: fast path taken',
    from: 'MySQL 8.0.15',
    hex: '0103',
    value: { data: hex('03') } satisfies AuthMoreData,
    decode: decodeAuthMoreData,
    encode: encodeAuthMoreData,
  },
  {
    name: 'auth next factor',
    from: 'the manual',
    hex: '0261757468656e7469636174696f6e5f6669646f006162',
    value: { plugin: 'authentication_fido', data: utf8('ab') },
    decode: decodeAuthNextFactor,
    encode: encodeAuthNextFactor,
  },
];

export const ANSWER_ROWS: readonly MessageRow[] = [
  { name: 'OK', from: 'MySQL 8.0.15', hex: '00000002000000', value: plainOk, ...ok(PROTOCOL_41) },
  { name: 'OK with TRANSACTIONS only', from: 'the manual', hex: '0000000200', value: plainOk, ...ok(TRANSACTIONS) },
  {
    name: 'OK of old: no status at all',
    from: 'the manual',
    hex: '000105',
    value: { ...plainOk, affectedRows: 1n, insertId: 5n, statusFlags: 0 },
    ...ok(0),
  },
  { name: 'OK at the end of rows', from: 'MySQL 8.0.15', hex: 'fe000002000000', value: plainOk, ...ok(PROTOCOL_41, 0xfe) },
  {
    name: 'OK with text: its length is there although nothing of the kind was agreed',
    from: 'MySQL 8.0.15 to mysql2',
    hex: `0002002200000028${utf8('Rows matched: 2  Changed: 2  Warnings: 0').toString('hex')}`,
    value: { ...plainOk, affectedRows: 2n, statusFlags: 34, info: utf8('Rows matched: 2  Changed: 2  Warnings: 0') },
    ...ok(PROTOCOL_41),
  },
  {
    name: 'OK with large numbers',
    from: 'the manual',
    hex: '00fc2c01fe00000000000000800200ffff',
    value: { ...plainOk, affectedRows: 300n, insertId: 0x8000_0000_0000_0000n, warnings: 0xffff },
    ...ok(PROTOCOL_41),
  },
  {
    name: 'OK with a schema change and a state change',
    from: 'MySQL 8.0.15 (USE golden)',
    hex: '00000002400000000c010706676f6c64656e020131',
    value: {
      ...plainOk,
      statusFlags: 0x4002,
      sessionTrack: [
        { type: 'schema', name: 'golden' },
        { type: 'state-change', changed: true },
      ],
    },
    ...ok(PROTOCOL_41 | SESSION_TRACK),
  },
  {
    name: 'OK with text and trackers',
    from: "MySQL 8.0.15 (PREPARE p FROM 'SELECT 1')",
    hex: `0000000240000012${utf8('Statement prepared').toString('hex')}03020131`,
    value: {
      ...plainOk,
      statusFlags: 0x4002,
      info: utf8('Statement prepared'),
      sessionTrack: [{ type: 'state-change', changed: true }],
    },
    ...ok(PROTOCOL_41 | SESSION_TRACK),
  },
  {
    name: 'OK with system variables, one item each',
    from: "MySQL 8.0.15 (SET sql_mode = '', sort_buffer_size = 300000)",
    hex: '0000000240000000' + '29' + '001810736f72745f6275666665725f73697a6506333030303030' + '000a0873716c5f6d6f646500' + '020131',
    value: {
      ...plainOk,
      statusFlags: 0x4002,
      sessionTrack: [
        { type: 'system-variables', variables: [['sort_buffer_size', '300000']] },
        { type: 'system-variables', variables: [['sql_mode', '']] },
        { type: 'state-change', changed: true },
      ],
    },
    ...ok(PROTOCOL_41 | SESSION_TRACK),
  },
  {
    name: 'OK with a GTID and a transaction state',
    from: 'MySQL 8.0.15 (COMMIT)',
    hex:
      '0000000040000000' +
      '37' +
      '032a002839396666336564612d653662652d313166312d626136322d3032666330303030303030313a313334' +
      '0509085f5f5f5f5f5f5f5f',
    value: {
      ...plainOk,
      statusFlags: 0x4000,
      sessionTrack: [
        { type: 'gtids', encoding: 0, gtids: '99ff3eda-e6be-11f1-ba62-02fc00000001:134' },
        { type: 'transaction-state', state: '________' },
      ],
    },
    ...ok(PROTOCOL_41 | SESSION_TRACK),
  },
  {
    name: 'OK with transaction characteristics',
    from: 'MySQL 8.0.15 (SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY)',
    hex:
      '0000000240000000' +
      '4b' +
      '0449' +
      '48534554205452414e53414354494f4e2049534f4c4154494f4e204c4556454c2053455249414c495a41424c453b20534554205452414e53414354494f4e2052454144204f4e4c593b',
    value: {
      ...plainOk,
      statusFlags: 0x4002,
      sessionTrack: [
        {
          type: 'transaction-characteristics',
          statements: 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SET TRANSACTION READ ONLY;',
        },
      ],
    },
    ...ok(PROTOCOL_41 | SESSION_TRACK),
  },
  {
    name: 'OK with trackers nobody knows, or in an unknown form, kept as they are',
    from: 'the manual, and made up',
    hex: '00000002400000000d' + '0902abcd' + '010402616278' + '020132',
    value: {
      ...plainOk,
      statusFlags: 0x4002,
      sessionTrack: [
        { type: 'unknown', id: 9, data: hex('abcd') },
        { type: 'unknown', id: 1, data: hex('02616278') },
        { type: 'unknown', id: 2, data: hex('32') },
      ],
    },
    ...ok(PROTOCOL_41 | SESSION_TRACK),
  },
  {
    name: 'ERR',
    from: 'MySQL 8.0.15',
    hex: `ff7a04${utf8("#42S02Table 'golden.missing_table' doesn't exist").toString('hex')}`,
    value: { code: 1146, sqlState: '42S02', message: "Table 'golden.missing_table' doesn't exist" },
    ...err(PROTOCOL_41),
  },
  {
    name: 'ERR in place of the greeting',
    from: 'MySQL 8.0.15 (max_connections)',
    hex: `ff1004${utf8('Too many connections').toString('hex')}`,
    value: { code: 1040, sqlState: 'HY000', message: 'Too many connections' },
    ...err(0),
  },
  {
    name: 'EOF',
    from: 'MySQL 8.0.15',
    hex: 'fe01002200',
    value: { warnings: 1, statusFlags: 0x22 },
    decode: (payload) => decodeEof(payload, PROTOCOL_41),
    encode: (value) => encodeEof(value, PROTOCOL_41),
  },
  {
    name: 'EOF of old',
    from: 'the manual',
    hex: 'fe',
    value: { warnings: 0, statusFlags: 0 },
    decode: (payload) => decodeEof(payload, 0),
    encode: (value) => encodeEof(value, 0),
  },
  {
    name: 'result header',
    from: 'the manual',
    hex: 'fcfb00',
    value: { columns: 251, definitionsFollow: true },
    decode: (payload) => decodeResultHeader(payload, PROTOCOL_41),
    encode: (value) => encodeResultHeader(value, PROTOCOL_41),
  },
  {
    name: 'result header without definitions: the flag stands behind the count',
    from: 'MySQL 8.0.15 (resultset_metadata = NONE; SELECT 1, 2)',
    hex: '0200',
    value: { columns: 2, definitionsFollow: false },
    decode: (payload) => decodeResultHeader(payload, OPTIONAL_METADATA),
    encode: (value) => encodeResultHeader(value, OPTIONAL_METADATA),
  },
  {
    name: 'result header with definitions',
    from: 'MariaDB 10.11.19 with CACHE_METADATA',
    hex: '0301',
    value: { columns: 3, definitionsFollow: true },
    decode: (payload) => decodeResultHeader(payload, 0, CACHE_METADATA),
    encode: (value) => encodeResultHeader(value, 0, CACHE_METADATA),
  },
  {
    name: 'column definition',
    from: 'MySQL 8.0.15 (thing.name VARCHAR(300), utf8mb4: 1200 bytes)',
    hex: '0364656606676f6c64656e057468696e67057468696e67046e616d65046e616d650c2d00b0040000fd0000000000',
    value: {
      catalog: 'def',
      schema: 'golden',
      table: 'thing',
      orgTable: 'thing',
      name: 'name',
      orgName: 'name',
      extendedType: hex(''),
      charset: 45,
      length: 1200,
      type: 0xfd,
      flags: 0,
      decimals: 0,
    },
    ...column(),
  },
  {
    name: 'column definition with a default, in the answer to COM_FIELD_LIST',
    from: 'MySQL 8.0.15 (thing.id)',
    hex: '0364656606676f6c64656e057468696e67057468696e670269640269640c3f000b0000000303420000000130',
    value: {
      catalog: 'def',
      schema: 'golden',
      table: 'thing',
      orgTable: 'thing',
      name: 'id',
      orgName: 'id',
      extendedType: hex(''),
      charset: 63,
      length: 11,
      type: 3,
      flags: 0x4203,
      decimals: 0,
      defaultValue: utf8('0'),
    },
    ...column(),
  },
  {
    name: 'column definition with an extended type',
    from: 'MariaDB 10.11.19 (INET6)',
    hex: '0364656606676f6c64656e05747970656405747970656401690169070005696e6574360c2d009c000000fea000000000',
    value: {
      catalog: 'def',
      schema: 'golden',
      table: 'typed',
      orgTable: 'typed',
      name: 'i',
      orgName: 'i',
      extendedType: Buffer.concat([hex('0005'), utf8('inet6')]),
      charset: 45,
      length: 156,
      type: 0xfe,
      flags: 0xa0,
      decimals: 0,
    },
    ...column(EXTENDED_METADATA),
  },
  {
    name: 'prepare OK',
    from: 'MySQL 8.0.15 (SELECT id, name ... WHERE id >= ?)',
    hex: '000100000002000100000000',
    value: { statementId: 1, columns: 2, params: 1, warnings: 0, definitionsFollow: true },
    decode: (payload) => decodeStmtPrepareOk(payload, PROTOCOL_41),
    encode: (value) => encodeStmtPrepareOk(value, PROTOCOL_41),
  },
  {
    name: 'prepare OK without definitions',
    from: 'MySQL 8.0.15 (resultset_metadata = NONE)',
    hex: '00010000000100010000000000',
    value: { statementId: 1, columns: 1, params: 1, warnings: 0, definitionsFollow: false },
    decode: (payload) => decodeStmtPrepareOk(payload, OPTIONAL_METADATA),
    encode: (value) => encodeStmtPrepareOk(value, OPTIONAL_METADATA),
  },
  {
    name: 'LOCAL INFILE request',
    from: 'MariaDB 10.11.19',
    hex: 'fb676f6c64656e2e747376',
    value: { fileName: 'golden.tsv' },
    decode: decodeLocalInfileRequest,
    encode: encodeLocalInfileRequest,
  },
  {
    name: 'text row',
    from: 'MySQL 8.0.15 (thing 1)',
    hex: '013105616e76696c0531322e353013323032302d30322d32392031323a30303a3030',
    value: [utf8('1'), utf8('anvil'), utf8('12.50'), utf8('2020-02-29 12:00:00')],
    decode: decodeTextRow,
    encode: encodeTextRow,
  },
  {
    name: 'text row of NULLs and nothing',
    from: 'the manual',
    hex: 'fb00fb',
    value: [null, hex(''), null],
    decode: decodeTextRow,
    encode: encodeTextRow,
  },
  {
    name: 'progress report',
    from: 'MariaDB 10.11.19 (ALTER TABLE)',
    hex: 'ffffff0101029b020011636f707920746f20746d70207461626c65',
    value: { stage: 1, stages: 2, progress: 667, info: 'copy to tmp table' },
    decode: decodeProgressReport,
    encode: encodeProgressReport,
  },
];
