import { HARMLESS_COMMAND, Statement, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** Commands that go to the server as they are, and of whose effects nothing is assumed. */
export const forward: CommandHandler = {
  begin(session, command) {
    session.run(new Statement(command, UNKNOWN_COMMAND));
  },
};

/** The same for commands that leave nothing behind. */
export const harmless: CommandHandler = {
  begin(session, command) {
    session.run(new Statement(command, HARMLESS_COMMAND));
  },
};
