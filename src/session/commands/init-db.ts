import { firstPayload } from '../client-command.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** COM_INIT_DB. The schema tracker reports the new schema; where a server reports nothing, its OK is enough. */
export const initDb: CommandHandler = {
  begin(session, command) {
    session.run(new Statement(command, HARMLESS_COMMAND));
  },
  completed(session, statement, ok) {
    if (ok) session.state.schema = firstPayload(statement.command).toString('utf8', 1);
  },
};
