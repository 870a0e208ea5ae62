import { HARMLESS_COMMAND, Statement, type StatementTraits, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

const STREAM: StatementTraits = { ...UNKNOWN_COMMAND, read: true, mayCommit: false, stream: true };

/** COM_BINLOG_DUMP and COM_BINLOG_DUMP_GTID: a stream of events without end; at the loss of its server it ends with an ERR. */
export const binlogDump: CommandHandler = {
  begin(session, command) {
    session.run(new Statement(command, STREAM));
  },
};

/** COM_REGISTER_SLAVE: a replica names itself to this very connection's server. */
export const registerReplica: CommandHandler = {
  begin(session, command) {
    session.run(new Statement(command, HARMLESS_COMMAND));
  },
};
