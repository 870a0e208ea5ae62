import { HARMLESS_COMMAND, Statement, type StatementTraits, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

const STREAM: StatementTraits = { ...UNKNOWN_COMMAND, read: true, mayCommit: false, stream: true };

function streams(): CommandHandler {
  return {
    begin(session, command) {
      session.run(new Statement(command, STREAM));
    },
  };
}

/** A stream of events without end (or to the end of the last file); at the loss of its server it ends with an ERR. */
export const binlogDump: CommandHandler = streams();
/** The same by GTID, MySQL only: MariaDB's replicas set `@slave_connect_state` and use COM_BINLOG_DUMP. */
export const binlogDumpGtid: CommandHandler = streams();

/** COM_REGISTER_SLAVE: a replica names itself to this very connection's server. */
export const registerReplica: CommandHandler = {
  begin(session, command) {
    session.run(new Statement(command, HARMLESS_COMMAND));
  },
};
