import { encodeBare } from '../../../src/protocol/commands/bare.js';
import { decodeBinlogDump, encodeBinlogDump } from '../../../src/protocol/commands/binlog-dump.js';
import { decodeBinlogDumpGtid, encodeBinlogDumpGtid } from '../../../src/protocol/commands/binlog-dump-gtid.js';
import { decodeChangeUser, encodeChangeUser } from '../../../src/protocol/commands/change-user.js';
import { decodeDatabase, encodeDatabase } from '../../../src/protocol/commands/database.js';
import { decodeFieldList, encodeFieldList } from '../../../src/protocol/commands/field-list.js';
import { decodeInitDb, encodeInitDb } from '../../../src/protocol/commands/init-db.js';
import { decodeProcessKill, encodeProcessKill } from '../../../src/protocol/commands/process-kill.js';
import { decodeQuery, encodeQuery } from '../../../src/protocol/commands/query.js';
import { decodeRefresh, encodeRefresh } from '../../../src/protocol/commands/refresh.js';
import { decodeRegisterReplica, encodeRegisterReplica } from '../../../src/protocol/commands/register-replica.js';
import { decodeSetOption, encodeSetOption } from '../../../src/protocol/commands/set-option.js';
import { decodeShutdown, encodeShutdown } from '../../../src/protocol/commands/shutdown.js';
import { decodeStmtBulkExecute, encodeStmtBulkExecute } from '../../../src/protocol/commands/stmt-bulk-execute.js';
import { decodeStmtClose, encodeStmtClose } from '../../../src/protocol/commands/stmt-close.js';
import { decodeStmtExecute, encodeStmtExecute } from '../../../src/protocol/commands/stmt-execute.js';
import { decodeStmtFetch, encodeStmtFetch } from '../../../src/protocol/commands/stmt-fetch.js';
import { decodeStmtPrepare, encodeStmtPrepare } from '../../../src/protocol/commands/stmt-prepare.js';
import { decodeStmtReset, encodeStmtReset } from '../../../src/protocol/commands/stmt-reset.js';
import { decodeStmtSendLongData, encodeStmtSendLongData } from '../../../src/protocol/commands/stmt-send-long-data.js';
import { decodeTableDump, encodeTableDump } from '../../../src/protocol/commands/table-dump.js';
import { Command } from '../../../src/protocol/commands.js';
import type { MessageRow } from './messages.table.js';

const hex = (text: string) => Buffer.from(text, 'hex');
const utf8 = (text: string) => Buffer.from(text, 'utf8');

const SECURE_CONNECTION = 0x8000;
const PLUGIN_AUTH = 0x8_0000;
const CONNECT_ATTRS = 0x10_0000;
const QUERY_ATTRIBUTES = 0x800_0000;
const AUTH = SECURE_CONNECTION | PLUGIN_AUTH | CONNECT_ATTRS;

function query(capabilities: number): Pick<MessageRow, 'decode' | 'encode'> {
  return { decode: (payload) => decodeQuery(payload, capabilities), encode: (value) => encodeQuery(value, capabilities) };
}

function execute(capabilities: number, params: number): Pick<MessageRow, 'decode' | 'encode'> {
  return {
    decode: (payload) => decodeStmtExecute(payload, capabilities, params),
    encode: (value) => encodeStmtExecute(value, capabilities, params),
  };
}

function changeUser(capabilities: number): Pick<MessageRow, 'decode' | 'encode'> {
  return { decode: (payload) => decodeChangeUser(payload, capabilities), encode: (value) => encodeChangeUser(value, capabilities) };
}

/** Requests. Those "from the manual" are what no driver at hand sends. */
export const REQUEST_ROWS: readonly MessageRow[] = [
  {
    name: 'COM_PING',
    from: 'mysql2',
    hex: '0e',
    value: Command.PING,
    decode: (payload) => payload[0],
    encode: encodeBare,
  },
  { name: 'COM_QUERY', from: 'mysql2', hex: '03434f4d4d4954', value: { sql: utf8('COMMIT'), attributes: [] }, ...query(0) },
  {
    name: 'COM_QUERY without attributes where they were agreed',
    from: 'the manual',
    hex: '03000153454c4543542031',
    value: { sql: utf8('SELECT 1'), attributes: [] },
    ...query(QUERY_ATTRIBUTES),
  },
  {
    name: 'COM_QUERY with attributes: a text, a NULL, an unsigned BIGINT, a date',
    from: 'the manual',
    hex:
      '030401' +
      '02' +
      '01' +
      'fe00056e616d6564' +
      '0600046e6f6e65' +
      '0880036269670c00026f6e' +
      '0474657874' +
      'ffffffffffffffff' +
      '04e4070101' +
      '53454c4543542031',
    value: {
      sql: utf8('SELECT 1'),
      attributes: [
        { type: 0xfe, unsigned: false, name: 'named', value: utf8('text') },
        { type: 0x06, unsigned: false, name: 'none', value: null },
        { type: 0x08, unsigned: true, name: 'big', value: hex('ffffffffffffffff') },
        { type: 0x0c, unsigned: false, name: 'on', value: hex('e4070101') },
      ],
    },
    ...query(QUERY_ATTRIBUTES),
  },
  {
    name: 'COM_QUERY without attributes',
    from: 'libmysqlclient 8.4',
    hex: '03000153454c45435420276e6f6e6527',
    value: { sql: utf8("SELECT 'none'"), attributes: [] },
    ...query(QUERY_ATTRIBUTES),
  },
  {
    name: 'COM_QUERY with attributes',
    from: 'libmysqlclient 8.4',
    hex: '0306010401fe0004776f72640800066e756d6265720600076e6f7468696e6704000468616c660a0003646179fe0000047465787405000000000000000000c03f04e407021d076e6f206e616d6553454c454354202777697468206174747269627574657327',
    value: {
      sql: utf8("SELECT 'with attributes'"),
      attributes: [
        { type: 0xfe, unsigned: false, name: 'word', value: utf8('text') },
        { type: 0x08, unsigned: false, name: 'number', value: hex('0500000000000000') },
        { type: 0x06, unsigned: false, name: 'nothing', value: null },
        { type: 0x04, unsigned: false, name: 'half', value: hex('0000c03f') },
        { type: 0x0a, unsigned: false, name: 'day', value: hex('e407021d') },
        { type: 0xfe, unsigned: false, name: '', value: utf8('no name') },
      ],
    },
    ...query(QUERY_ATTRIBUTES),
  },
  {
    name: 'COM_INIT_DB',
    from: 'libmysqlclient 8.4',
    hex: '02676f6c64656e',
    value: { database: 'golden' },
    decode: decodeInitDb,
    encode: encodeInitDb,
  },
  {
    name: 'COM_DROP_DB',
    from: 'the manual',
    hex: '06676f6c64656e',
    value: { database: 'golden' },
    decode: (payload) => decodeDatabase(payload, Command.DROP_DB),
    encode: (value) => encodeDatabase(value, Command.DROP_DB),
  },
  {
    name: 'COM_FIELD_LIST',
    from: 'the manual',
    hex: '047468696e67006e6125',
    value: { table: 'thing', wildcard: 'na%' },
    decode: decodeFieldList,
    encode: encodeFieldList,
  },
  {
    name: 'COM_CHANGE_USER',
    from: 'mysql2',
    hex: '11676f6c64656e5f6e61746976650014d69b097a28ab9fd70dadb7638a8c3a8329136bf9676f6c64656e00e0006d7973716c5f6e61746976655f70617373776f72640000',
    value: {
      user: 'golden_native',
      authResponse: hex('d69b097a28ab9fd70dadb7638a8c3a8329136bf9'),
      database: 'golden',
      charset: 224,
      authPlugin: 'mysql_native_password',
      attributes: [],
    },
    ...changeUser(AUTH),
  },
  {
    name: 'COM_CHANGE_USER without password, database, charset and the rest',
    from: 'the manual',
    hex: '116d65000000',
    value: { user: 'me', authResponse: hex(''), database: '' },
    ...changeUser(AUTH),
  },
  {
    name: 'COM_STMT_PREPARE',
    from: 'libmysqlclient 8.4',
    hex: '1653454c454354203f',
    value: { sql: utf8('SELECT ?') },
    decode: decodeStmtPrepare,
    encode: encodeStmtPrepare,
  },
  {
    name: 'COM_STMT_EXECUTE with types',
    from: 'libmysqlclient 8.4 (SELECT ?, "text")',
    hex: '170200000000010000000001fe000474657874',
    value: {
      statementId: 2,
      flags: 0,
      iterations: 1,
      parameterCount: 1,
      nullBitmap: hex('00'),
      types: [{ type: 0xfe, unsigned: false, name: '' }],
      values: hex('0474657874'),
    },
    ...execute(0, 1),
  },
  {
    name: 'COM_STMT_EXECUTE without types',
    from: 'the manual',
    hex: '17020000000001000000000006000000',
    value: {
      statementId: 2,
      flags: 0,
      iterations: 1,
      parameterCount: 1,
      nullBitmap: hex('00'),
      types: undefined,
      values: hex('06000000'),
    },
    ...execute(0, 1),
  },
  {
    name: 'COM_STMT_EXECUTE without parameters, with a cursor',
    from: 'the manual',
    hex: '17070000000101000000',
    value: {
      statementId: 7,
      flags: 1,
      iterations: 1,
      parameterCount: 0,
      nullBitmap: hex(''),
      types: undefined,
      values: hex(''),
    },
    ...execute(0, 0),
  },
  {
    name: 'COM_STMT_EXECUTE with an attribute behind its parameter',
    from: 'the manual',
    hex: '1702000000080100000002000103000008000374616705000000' + '0900000000000000',
    value: {
      statementId: 2,
      flags: 8,
      iterations: 1,
      parameterCount: 2,
      nullBitmap: hex('00'),
      types: [
        { type: 0x03, unsigned: false, name: '' },
        { type: 0x08, unsigned: false, name: 'tag' },
      ],
      values: hex('050000000900000000000000'),
    },
    ...execute(QUERY_ATTRIBUTES, 1),
  },
  {
    name: 'COM_STMT_EXECUTE with nothing where attributes were agreed',
    from: 'the manual',
    hex: '1702000000080100000000',
    value: {
      statementId: 2,
      flags: 8,
      iterations: 1,
      parameterCount: 0,
      nullBitmap: hex(''),
      types: undefined,
      values: hex(''),
    },
    ...execute(QUERY_ATTRIBUTES, 0),
  },
  {
    name: 'COM_STMT_BULK_EXECUTE',
    from: 'the manual; MariaDB 10.11.19 stored the rows',
    hex: 'fa0c00000080000300fd00' + '000100000000036f6e65' + '000200000001',
    value: {
      statementId: 12,
      flags: 0x80,
      types: [
        { type: 0x03, unsigned: false, name: '' },
        { type: 0xfd, unsigned: false, name: '' },
      ],
      rows: hex('000100000000036f6e65000200000001'),
    },
    decode: (payload) => decodeStmtBulkExecute(payload, 2),
    encode: encodeStmtBulkExecute,
  },
  {
    name: 'COM_STMT_SEND_LONG_DATA',
    from: 'the manual',
    hex: '180800000001006162',
    value: { statementId: 8, parameter: 1, data: utf8('ab') },
    decode: decodeStmtSendLongData,
    encode: encodeStmtSendLongData,
  },
  {
    name: 'COM_STMT_CLOSE',
    from: 'mysql2',
    hex: '1901000000',
    value: { statementId: 1 },
    decode: decodeStmtClose,
    encode: encodeStmtClose,
  },
  {
    name: 'COM_STMT_RESET',
    from: 'libmysqlclient 8.4',
    hex: '1a02000000',
    value: { statementId: 2 },
    decode: decodeStmtReset,
    encode: encodeStmtReset,
  },
  {
    name: 'COM_STMT_FETCH',
    from: 'the manual',
    hex: '1c0100000009000000',
    value: { statementId: 1, rows: 9 },
    decode: decodeStmtFetch,
    encode: encodeStmtFetch,
  },
  { name: 'COM_SET_OPTION', from: 'the manual', hex: '1b0100', value: { option: 1 }, decode: decodeSetOption, encode: encodeSetOption },
  {
    name: 'COM_PROCESS_KILL',
    from: 'PyMySQL 1.2.4',
    hex: '0cffffff7f',
    value: { connectionId: 0x7fff_ffff },
    decode: decodeProcessKill,
    encode: encodeProcessKill,
  },
  { name: 'COM_REFRESH', from: 'libmysqlclient 8.4', hex: '0704', value: { what: 4 }, decode: decodeRefresh, encode: encodeRefresh },
  { name: 'COM_SHUTDOWN', from: 'the manual', hex: '08', value: { level: undefined }, decode: decodeShutdown, encode: encodeShutdown },
  { name: 'COM_SHUTDOWN, level', from: 'the manual', hex: '0800', value: { level: 0 }, decode: decodeShutdown, encode: encodeShutdown },
  {
    name: 'COM_TABLE_DUMP',
    from: 'the manual',
    hex: '1306676f6c64656e057468696e67',
    value: { database: 'golden', table: 'thing' },
    decode: decodeTableDump,
    encode: encodeTableDump,
  },
  {
    name: 'COM_BINLOG_DUMP',
    from: 'the manual; MySQL 8.0.15 answered it',
    hex: '120400000001002923000062696e2e303030303038',
    value: { position: 4, flags: 1, serverId: 9001, file: 'bin.000008' },
    decode: decodeBinlogDump,
    encode: encodeBinlogDump,
  },
  {
    name: 'COM_BINLOG_DUMP_GTID',
    from: 'the manual; MySQL 8.0.15 answered it',
    hex: '1e05002a2300000a00000062696e2e3030303031300400000000000000080000000000000000000000',
    value: { flags: 5, serverId: 9002, file: 'bin.000010', position: 4n, gtids: Buffer.alloc(8) },
    decode: decodeBinlogDumpGtid,
    encode: encodeBinlogDumpGtid,
  },
  {
    name: 'COM_REGISTER_SLAVE',
    from: 'the manual; MySQL 8.0.15 answered it',
    hex: '1529230000' + '0364622d' + '0000' + 'ea0c' + '00000000' + '01000000',
    value: { serverId: 9001, host: 'db-', user: '', password: '', port: 3306, rank: 0, sourceId: 1 },
    decode: decodeRegisterReplica,
    encode: encodeRegisterReplica,
  },
];
