import { HARMLESS_COMMAND, Statement, type StatementTraits, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

function asItIs(traits: StatementTraits): CommandHandler {
  return {
    begin(session, command) {
      session.run(new Statement(command, traits));
    },
  };
}

const SCHEMA_CHANGE: StatementTraits = { ...UNKNOWN_COMMAND, kind: 'ddl' };

/** COM_CREATE_DB and COM_DROP_DB, of old clients: as the SQL statements, but nothing says that they may be run again. */
export const createDb: CommandHandler = asItIs(SCHEMA_CHANGE);
export const dropDb: CommandHandler = asItIs(SCHEMA_CHANGE);

/** COM_REFRESH: FLUSH. Gone in MySQL 8.4, which says so itself. */
export const refresh: CommandHandler = asItIs(UNKNOWN_COMMAND);
/** COM_DEBUG: the server writes about itself into its log. */
export const debug: CommandHandler = asItIs(UNKNOWN_COMMAND);
/** COM_TABLE_DUMP: from the replication of MySQL 4; servers of today refuse it. */
export const tableDump: CommandHandler = asItIs(UNKNOWN_COMMAND);

/** They leave nothing behind. */
export const fieldList: CommandHandler = asItIs(HARMLESS_COMMAND);
export const statistics: CommandHandler = asItIs(HARMLESS_COMMAND);
export const processInfo: CommandHandler = asItIs(HARMLESS_COMMAND);
