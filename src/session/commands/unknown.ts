import { unknownCommand } from '../client-errors.js';
import { Statement, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** A command byte that no client may send: refused with MySQL's 1047, the connection stays. */
export const unknown: CommandHandler = {
  begin(session, command) {
    session.statement = new Statement(command, UNKNOWN_COMMAND);
    session.answerError(unknownCommand());
  },
};
