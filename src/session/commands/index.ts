import { Command } from '../../protocol/commands.js';
import { binlogDump, binlogDumpGtid, registerReplica } from './binlog-dump.js';
import { changeUser } from './change-user.js';
import type { CommandHandler } from './command-handler.js';
import * as denied from './denied.js';
import * as forward from './forward.js';
import { initDb } from './init-db.js';
import { ping } from './ping.js';
import { processKill } from './process-kill.js';
import { query } from './query.js';
import { quit } from './quit.js';
import { resetConnection } from './reset-connection.js';
import { setOption } from './set-option.js';
import { shutdown } from './shutdown.js';
import { stmtBulkExecute } from './stmt-bulk-execute.js';
import { stmtClose } from './stmt-close.js';
import { stmtExecute } from './stmt-execute.js';
import { stmtFetch } from './stmt-fetch.js';
import { stmtPrepare } from './stmt-prepare.js';
import { stmtReset } from './stmt-reset.js';
import { stmtSendLongData } from './stmt-send-long-data.js';

/**
 * `forwarded`: goes to a server as it is, as does the answer. `translated`: ids, types or state are ours to keep right on the way.
 * `answered`: by us, at least where no server is needed. `denied`: by us, always or unless configured.
 */
export type Fate = 'forwarded' | 'translated' | 'answered' | 'denied';

/** Every command that has a name, and what is done with it; this folder's README has the same table (a test compares them). */
export const COMMANDS: ReadonlyMap<number, readonly [fate: Fate, handler: CommandHandler]> = new Map([
  [Command.SLEEP, ['denied', denied.sleep]],
  [Command.QUIT, ['answered', quit]],
  [Command.INIT_DB, ['forwarded', initDb]],
  [Command.QUERY, ['translated', query]],
  [Command.FIELD_LIST, ['forwarded', forward.fieldList]],
  [Command.CREATE_DB, ['forwarded', forward.createDb]],
  [Command.DROP_DB, ['forwarded', forward.dropDb]],
  [Command.REFRESH, ['forwarded', forward.refresh]],
  [Command.SHUTDOWN, ['denied', shutdown]],
  [Command.STATISTICS, ['forwarded', forward.statistics]],
  [Command.PROCESS_INFO, ['forwarded', forward.processInfo]],
  [Command.CONNECT, ['denied', denied.connect]],
  [Command.PROCESS_KILL, ['translated', processKill]],
  [Command.DEBUG, ['forwarded', forward.debug]],
  [Command.PING, ['answered', ping]],
  [Command.TIME, ['denied', denied.time]],
  [Command.DELAYED_INSERT, ['denied', denied.delayedInsert]],
  [Command.CHANGE_USER, ['answered', changeUser]],
  [Command.BINLOG_DUMP, ['forwarded', binlogDump]],
  [Command.TABLE_DUMP, ['forwarded', forward.tableDump]],
  [Command.CONNECT_OUT, ['denied', denied.connectOut]],
  [Command.REGISTER_REPLICA, ['forwarded', registerReplica]],
  [Command.STMT_PREPARE, ['translated', stmtPrepare]],
  [Command.STMT_EXECUTE, ['translated', stmtExecute]],
  [Command.STMT_SEND_LONG_DATA, ['translated', stmtSendLongData]],
  [Command.STMT_CLOSE, ['translated', stmtClose]],
  [Command.STMT_RESET, ['translated', stmtReset]],
  [Command.SET_OPTION, ['forwarded', setOption]],
  [Command.STMT_FETCH, ['translated', stmtFetch]],
  [Command.DAEMON, ['denied', denied.daemon]],
  [Command.BINLOG_DUMP_GTID, ['forwarded', binlogDumpGtid]],
  [Command.RESET_CONNECTION, ['answered', resetConnection]],
  [Command.CLONE, ['denied', denied.clone]],
  [Command.SUBSCRIBE_GROUP_REPLICATION_STREAM, ['denied', denied.subscribeGroupReplicationStream]],
  [Command.STMT_BULK_EXECUTE, ['translated', stmtBulkExecute]],
  [Command.REPLICA_WORKER, ['denied', denied.replicaWorker]],
  [Command.REPLICA_IO, ['denied', denied.replicaIo]],
  [Command.REPLICA_SQL, ['denied', denied.replicaSql]],
  [Command.MULTI, ['denied', denied.multi]],
]);

const HANDLERS: readonly CommandHandler[] = Array.from({ length: 256 }, (_, code) => COMMANDS.get(code)?.[1] ?? denied.unknown);

/** The handler of a command byte; bytes without a name are refused as the servers do it. */
export function handlerOf(code: number): CommandHandler {
  return HANDLERS[code] ?? denied.unknown;
}
