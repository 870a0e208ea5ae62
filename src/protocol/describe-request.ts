import { decodeBinlogDump } from './commands/binlog-dump.js';
import { decodeBinlogDumpGtid } from './commands/binlog-dump-gtid.js';
import { decodeChangeUser } from './commands/change-user.js';
import { decodeFieldList } from './commands/field-list.js';
import { decodeInitDb } from './commands/init-db.js';
import { decodeProcessKill } from './commands/process-kill.js';
import { decodeQuery } from './commands/query.js';
import { decodeRegisterReplica } from './commands/register-replica.js';
import { decodeSetOption } from './commands/set-option.js';
import { statementId } from './commands/statement-id.js';
import { decodeStmtFetch } from './commands/stmt-fetch.js';
import { decodeStmtPrepare } from './commands/stmt-prepare.js';
import { decodeStmtSendLongData } from './commands/stmt-send-long-data.js';
import { Command, commandName } from './commands.js';
import { quote, type ShowText, shown } from './describe-text.js';

/** One line for a client's command. Parameter values and passwords are never in it. @throws ProtocolError when malformed */
export function describeRequest(payload: Buffer, capabilities: number, show: ShowText | undefined): string {
  const command = payload[0];
  if (command === undefined) return 'empty command';
  const details = requestDetails(command, payload, capabilities, show);
  return details === '' ? commandName(command) : `${commandName(command)} ${details}`;
}

function requestDetails(command: number, payload: Buffer, capabilities: number, show: ShowText | undefined): string {
  switch (command) {
    case Command.QUERY: {
      const { sql, attributes } = decodeQuery(payload, capabilities);
      return attributes.length === 0 ? shown(sql, show) : `${shown(sql, show)} with ${attributes.length} attributes`;
    }
    case Command.STMT_PREPARE:
      return shown(decodeStmtPrepare(payload).sql, show);
    case Command.INIT_DB:
      return quote(decodeInitDb(payload).database);
    case Command.FIELD_LIST:
      return quote(decodeFieldList(payload).table);
    case Command.PROCESS_KILL:
      return `connection ${decodeProcessKill(payload).connectionId}`;
    case Command.SET_OPTION:
      return `option ${decodeSetOption(payload).option}`;
    case Command.CHANGE_USER: {
      const { user, authResponse, database, authPlugin } = decodeChangeUser(payload, capabilities);
      return `user ${quote(user)}, auth ${authResponse.length} bytes, database ${quote(database)}, plugin ${quote(authPlugin ?? '')}`;
    }
    case Command.REGISTER_REPLICA: {
      const { serverId, host, port } = decodeRegisterReplica(payload);
      return `server ${serverId} at ${quote(host)} port ${port}`;
    }
    case Command.BINLOG_DUMP: {
      const { file, position, serverId } = decodeBinlogDump(payload);
      return `${quote(file)} from ${position} for server ${serverId}`;
    }
    case Command.BINLOG_DUMP_GTID: {
      const { file, position, serverId } = decodeBinlogDumpGtid(payload);
      return `${quote(file)} from ${position} for server ${serverId}`;
    }
    default:
      return statementDetails(command, payload);
  }
}

function statementDetails(command: number, payload: Buffer): string {
  switch (command) {
    case Command.STMT_FETCH:
      return `statement ${statementId(payload)}, ${decodeStmtFetch(payload).rows} rows`;
    case Command.STMT_SEND_LONG_DATA: {
      const { parameter, data } = decodeStmtSendLongData(payload);
      return `statement ${statementId(payload)}, parameter ${parameter}, ${data.length} bytes`;
    }
    case Command.STMT_EXECUTE:
    case Command.STMT_BULK_EXECUTE:
      return `statement ${statementId(payload)}, ${payload.length} bytes`;
    case Command.STMT_CLOSE:
    case Command.STMT_RESET:
      return `statement ${statementId(payload)}`;
    default:
      return payload.length === 1 ? '' : `${payload.length - 1} bytes`;
  }
}
