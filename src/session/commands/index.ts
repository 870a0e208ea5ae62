import { Command } from '../../protocol/commands.js';
import { binlogDump, registerReplica } from './binlog-dump.js';
import { changeUser } from './change-user.js';
import type { CommandHandler } from './command-handler.js';
import { forward, harmless } from './forward.js';
import { initDb } from './init-db.js';
import { ping } from './ping.js';
import { processKill } from './process-kill.js';
import { query } from './query.js';
import { quit } from './quit.js';
import { resetConnection } from './reset-connection.js';
import { setOption } from './set-option.js';
import { stmtClose } from './stmt-close.js';
import { stmtBulkExecute, stmtExecute } from './stmt-execute.js';
import { stmtFetch } from './stmt-fetch.js';
import { stmtPrepare } from './stmt-prepare.js';
import { stmtReset } from './stmt-reset.js';
import { stmtSendLongData } from './stmt-send-long-data.js';
import { unknown } from './unknown.js';

const HANDLERS = new Map<number, CommandHandler>([
  [Command.QUIT, quit],
  [Command.INIT_DB, initDb],
  [Command.QUERY, query],
  [Command.FIELD_LIST, harmless],
  [Command.CREATE_DB, forward],
  [Command.DROP_DB, forward],
  [Command.REFRESH, forward],
  [Command.SHUTDOWN, forward],
  [Command.STATISTICS, harmless],
  [Command.PROCESS_INFO, harmless],
  [Command.PROCESS_KILL, processKill],
  [Command.DEBUG, forward],
  [Command.PING, ping],
  [Command.CHANGE_USER, changeUser],
  [Command.BINLOG_DUMP, binlogDump],
  [Command.BINLOG_DUMP_GTID, binlogDump],
  [Command.TABLE_DUMP, forward],
  [Command.REGISTER_REPLICA, registerReplica],
  [Command.STMT_PREPARE, stmtPrepare],
  [Command.STMT_EXECUTE, stmtExecute],
  [Command.STMT_BULK_EXECUTE, stmtBulkExecute],
  [Command.STMT_SEND_LONG_DATA, stmtSendLongData],
  [Command.STMT_CLOSE, stmtClose],
  [Command.STMT_RESET, stmtReset],
  [Command.STMT_FETCH, stmtFetch],
  [Command.SET_OPTION, setOption],
  [Command.RESET_CONNECTION, resetConnection],
]);

/** The handler of a command byte; bytes without one (thread names, COM_SLEEP, COM_CONNECT ...) are refused as the server does. */
export function handlerOf(code: number): CommandHandler {
  return HANDLERS.get(code) ?? unknown;
}
