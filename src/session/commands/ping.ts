import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** COM_PING asks whether the connection lives. With no backend attached that is our connection, and it does. */
export const ping: CommandHandler = {
  begin(session, command) {
    const statement = new Statement(command, HARMLESS_COMMAND);
    if (session.attachment === undefined || session.lostTransaction !== undefined) {
      session.statement = statement;
      session.answerOk();
    } else {
      session.run(statement);
    }
  },
};
