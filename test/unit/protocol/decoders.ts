import { decodeAuthMoreData } from '../../../src/protocol/auth-more-data.js';
import { decodeAuthNextFactor } from '../../../src/protocol/auth-next-factor.js';
import { decodeAuthSwitchRequest } from '../../../src/protocol/auth-switch-request.js';
import { decodeColumnDefinition } from '../../../src/protocol/column-definition.js';
import { decodeBinlogDump } from '../../../src/protocol/commands/binlog-dump.js';
import { decodeBinlogDumpGtid } from '../../../src/protocol/commands/binlog-dump-gtid.js';
import { decodeChangeUser } from '../../../src/protocol/commands/change-user.js';
import { decodeFieldList } from '../../../src/protocol/commands/field-list.js';
import { decodeInitDb } from '../../../src/protocol/commands/init-db.js';
import { decodeProcessKill } from '../../../src/protocol/commands/process-kill.js';
import { decodeQuery, sqlOf } from '../../../src/protocol/commands/query.js';
import { decodeRefresh } from '../../../src/protocol/commands/refresh.js';
import { decodeRegisterReplica } from '../../../src/protocol/commands/register-replica.js';
import { decodeSetOption } from '../../../src/protocol/commands/set-option.js';
import { decodeShutdown } from '../../../src/protocol/commands/shutdown.js';
import { decodeStmtBulkExecute } from '../../../src/protocol/commands/stmt-bulk-execute.js';
import { decodeStmtClose } from '../../../src/protocol/commands/stmt-close.js';
import { decodeStmtExecute } from '../../../src/protocol/commands/stmt-execute.js';
import { decodeStmtFetch } from '../../../src/protocol/commands/stmt-fetch.js';
import { decodeStmtPrepare } from '../../../src/protocol/commands/stmt-prepare.js';
import { decodeStmtPrepareOk } from '../../../src/protocol/commands/stmt-prepare-ok.js';
import { decodeStmtReset } from '../../../src/protocol/commands/stmt-reset.js';
import { decodeStmtSendLongData } from '../../../src/protocol/commands/stmt-send-long-data.js';
import { decodeTableDump } from '../../../src/protocol/commands/table-dump.js';
import { Command } from '../../../src/protocol/commands.js';
import { decodeEof } from '../../../src/protocol/eof.js';
import { decodeErr } from '../../../src/protocol/err.js';
import { decodeGreeting } from '../../../src/protocol/greeting.js';
import { decodeHandshakeResponse } from '../../../src/protocol/handshake-response.js';
import { decodeLocalInfileRequest } from '../../../src/protocol/local-infile-request.js';
import { decodeOk } from '../../../src/protocol/ok.js';
import { decodeProgressReport } from '../../../src/protocol/progress-report.js';
import { decodeResultHeader } from '../../../src/protocol/result-header.js';
import { decodeSslRequest } from '../../../src/protocol/ssl-request.js';
import { decodeTextRow } from '../../../src/protocol/text-row.js';

/** A decoder with the first byte that lets it begin (undefined: none in particular). */
export interface Decoder {
  readonly name: string;
  readonly first: number | undefined;
  decode(payload: Buffer, capabilities: number): unknown;
}

/** Every decoder of src/protocol. A test sees to it that none is forgotten. */
export const DECODERS: readonly Decoder[] = [
  { name: 'decodeAuthMoreData', first: 0x01, decode: decodeAuthMoreData },
  { name: 'decodeAuthNextFactor', first: 0x02, decode: decodeAuthNextFactor },
  { name: 'decodeAuthSwitchRequest', first: 0xfe, decode: decodeAuthSwitchRequest },
  { name: 'decodeBinlogDump', first: Command.BINLOG_DUMP, decode: decodeBinlogDump },
  { name: 'decodeBinlogDumpGtid', first: Command.BINLOG_DUMP_GTID, decode: decodeBinlogDumpGtid },
  { name: 'decodeChangeUser', first: Command.CHANGE_USER, decode: decodeChangeUser },
  { name: 'decodeColumnDefinition', first: undefined, decode: decodeColumnDefinition },
  { name: 'decodeEof', first: 0xfe, decode: decodeEof },
  { name: 'decodeErr', first: 0xff, decode: decodeErr },
  { name: 'decodeFieldList', first: Command.FIELD_LIST, decode: decodeFieldList },
  { name: 'decodeGreeting', first: 0x0a, decode: decodeGreeting },
  { name: 'decodeHandshakeResponse', first: undefined, decode: decodeHandshakeResponse },
  { name: 'decodeInitDb', first: Command.INIT_DB, decode: decodeInitDb },
  { name: 'decodeLocalInfileRequest', first: 0xfb, decode: decodeLocalInfileRequest },
  { name: 'decodeOk', first: 0x00, decode: decodeOk },
  { name: 'decodeProcessKill', first: Command.PROCESS_KILL, decode: decodeProcessKill },
  { name: 'decodeProgressReport', first: 0xff, decode: decodeProgressReport },
  { name: 'decodeQuery', first: Command.QUERY, decode: decodeQuery },
  { name: 'decodeRefresh', first: Command.REFRESH, decode: decodeRefresh },
  { name: 'decodeRegisterReplica', first: Command.REGISTER_REPLICA, decode: decodeRegisterReplica },
  { name: 'decodeResultHeader', first: undefined, decode: decodeResultHeader },
  { name: 'decodeSetOption', first: Command.SET_OPTION, decode: decodeSetOption },
  { name: 'decodeShutdown', first: Command.SHUTDOWN, decode: decodeShutdown },
  { name: 'decodeSslRequest', first: undefined, decode: decodeSslRequest },
  { name: 'decodeStmtBulkExecute', first: Command.STMT_BULK_EXECUTE, decode: (payload) => decodeStmtBulkExecute(payload, 3) },
  { name: 'decodeStmtClose', first: Command.STMT_CLOSE, decode: decodeStmtClose },
  { name: 'decodeStmtExecute', first: Command.STMT_EXECUTE, decode: (payload, bits) => decodeStmtExecute(payload, bits, 3) },
  { name: 'decodeStmtFetch', first: Command.STMT_FETCH, decode: decodeStmtFetch },
  { name: 'decodeStmtPrepare', first: Command.STMT_PREPARE, decode: decodeStmtPrepare },
  { name: 'decodeStmtPrepareOk', first: 0x00, decode: decodeStmtPrepareOk },
  { name: 'decodeStmtReset', first: Command.STMT_RESET, decode: decodeStmtReset },
  { name: 'decodeStmtSendLongData', first: Command.STMT_SEND_LONG_DATA, decode: decodeStmtSendLongData },
  { name: 'decodeTableDump', first: Command.TABLE_DUMP, decode: decodeTableDump },
  { name: 'decodeTextRow', first: undefined, decode: decodeTextRow },
  { name: 'sqlOf', first: Command.QUERY, decode: sqlOf },
];
