import { decodeAuthMoreData, encodeAuthMoreData } from '../../../src/protocol/auth-more-data.js';
import { decodeAuthSwitchRequest, encodeAuthSwitchRequest } from '../../../src/protocol/auth-switch-request.js';
import { decodeColumnDefinition, encodeColumnDefinition } from '../../../src/protocol/column-definition.js';
import { decodeBinlogDump, encodeBinlogDump } from '../../../src/protocol/commands/binlog-dump.js';
import { decodeBinlogDumpGtid, encodeBinlogDumpGtid } from '../../../src/protocol/commands/binlog-dump-gtid.js';
import { decodeChangeUser, encodeChangeUser } from '../../../src/protocol/commands/change-user.js';
import { decodeFieldList, encodeFieldList } from '../../../src/protocol/commands/field-list.js';
import { decodeInitDb, encodeInitDb } from '../../../src/protocol/commands/init-db.js';
import { decodeProcessKill, encodeProcessKill } from '../../../src/protocol/commands/process-kill.js';
import { decodeQuery, encodeQuery } from '../../../src/protocol/commands/query.js';
import { decodeRefresh, encodeRefresh } from '../../../src/protocol/commands/refresh.js';
import { decodeRegisterReplica, encodeRegisterReplica } from '../../../src/protocol/commands/register-replica.js';
import { decodeSetOption, encodeSetOption } from '../../../src/protocol/commands/set-option.js';
import { decodeStmtBulkExecute, encodeStmtBulkExecute } from '../../../src/protocol/commands/stmt-bulk-execute.js';
import { decodeStmtClose, encodeStmtClose } from '../../../src/protocol/commands/stmt-close.js';
import { decodeStmtExecute, encodeStmtExecute } from '../../../src/protocol/commands/stmt-execute.js';
import { decodeStmtFetch, encodeStmtFetch } from '../../../src/protocol/commands/stmt-fetch.js';
import { decodeStmtPrepare, encodeStmtPrepare } from '../../../src/protocol/commands/stmt-prepare.js';
import { decodeStmtPrepareOk, encodeStmtPrepareOk } from '../../../src/protocol/commands/stmt-prepare-ok.js';
import { decodeStmtReset, encodeStmtReset } from '../../../src/protocol/commands/stmt-reset.js';
import { decodeStmtSendLongData, encodeStmtSendLongData } from '../../../src/protocol/commands/stmt-send-long-data.js';
import { decodeTableDump, encodeTableDump } from '../../../src/protocol/commands/table-dump.js';
import { Command } from '../../../src/protocol/commands.js';
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
import type { Step } from './replay.js';

/** Decodes a frame and encodes the value again: for what a real peer sent the bytes must be the same. Undefined: nothing to decode. */
export function recode(step: Step): Buffer | undefined {
  const { payload, capabilities, mariadbCapabilities } = step;
  switch (step.kind) {
    case 'greeting':
      return encodeGreeting(decodeGreeting(payload));
    case 'ssl-request':
      return encodeSslRequest(decodeSslRequest(payload));
    case 'handshake-response':
      return encodeHandshakeResponse(decodeHandshakeResponse(payload));
    case 'auth':
      return payload[0] === 0xfe
        ? encodeAuthSwitchRequest(decodeAuthSwitchRequest(payload))
        : encodeAuthMoreData(decodeAuthMoreData(payload));
    case 'ok':
      return encodeOk(decodeOk(payload, capabilities), capabilities, payload[0] === 0xfe ? 0xfe : 0x00);
    case 'err':
    case 'unasked':
      return encodeErr(decodeErr(payload, capabilities), capabilities);
    case 'eof':
      return encodeEof(decodeEof(payload, capabilities), capabilities);
    case 'result-header':
      return encodeResultHeader(decodeResultHeader(payload, capabilities, mariadbCapabilities), capabilities, mariadbCapabilities);
    case 'column':
    case 'param':
      return encodeColumnDefinition(decodeColumnDefinition(payload, mariadbCapabilities), mariadbCapabilities);
    case 'prepare-ok':
      return encodeStmtPrepareOk(decodeStmtPrepareOk(payload, capabilities), capabilities);
    case 'local-infile':
      return encodeLocalInfileRequest(decodeLocalInfileRequest(payload));
    case 'row': // a row of the largest size goes on in the next frame
      return step.command === Command.QUERY && payload.length < 0xff_ffff ? encodeTextRow(decodeTextRow(payload)) : undefined;
    case 'data':
      return payload[0] === 0xff ? encodeProgressReport(decodeProgressReport(payload)) : undefined;
    case 'command':
      return recodeCommand(step);
    default:
      return undefined;
  }
}

function recodeCommand({ payload, capabilities, params }: Step): Buffer | undefined {
  switch (payload[0]) {
    case Command.QUERY:
      return encodeQuery(decodeQuery(payload, capabilities), capabilities);
    case Command.STMT_PREPARE:
      return encodeStmtPrepare(decodeStmtPrepare(payload));
    case Command.STMT_EXECUTE:
      return encodeStmtExecute(decodeStmtExecute(payload, capabilities, params), capabilities, params);
    case Command.STMT_BULK_EXECUTE:
      return encodeStmtBulkExecute(decodeStmtBulkExecute(payload, params));
    case Command.STMT_CLOSE:
      return encodeStmtClose(decodeStmtClose(payload));
    case Command.STMT_RESET:
      return encodeStmtReset(decodeStmtReset(payload));
    case Command.STMT_FETCH:
      return encodeStmtFetch(decodeStmtFetch(payload));
    case Command.STMT_SEND_LONG_DATA:
      return encodeStmtSendLongData(decodeStmtSendLongData(payload));
    case Command.INIT_DB:
      return encodeInitDb(decodeInitDb(payload));
    case Command.FIELD_LIST:
      return encodeFieldList(decodeFieldList(payload));
    case Command.CHANGE_USER:
      return encodeChangeUser(decodeChangeUser(payload, capabilities), capabilities);
    case Command.SET_OPTION:
      return encodeSetOption(decodeSetOption(payload));
    case Command.PROCESS_KILL:
      return encodeProcessKill(decodeProcessKill(payload));
    case Command.REFRESH:
      return encodeRefresh(decodeRefresh(payload));
    case Command.TABLE_DUMP:
      return encodeTableDump(decodeTableDump(payload));
    case Command.REGISTER_REPLICA:
      return encodeRegisterReplica(decodeRegisterReplica(payload));
    case Command.BINLOG_DUMP:
      return encodeBinlogDump(decodeBinlogDump(payload));
    case Command.BINLOG_DUMP_GTID:
      return encodeBinlogDumpGtid(decodeBinlogDumpGtid(payload));
    default:
      return undefined;
  }
}
