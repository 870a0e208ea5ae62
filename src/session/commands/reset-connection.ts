import { detachParked } from '../attach.js';
import { rearm } from '../rearm.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/**
 * COM_RESET_CONNECTION: the session is as after its login. The server drops prepared statements and switches our trackers off
 * (measured on both servers), so they are armed again before the next command.
 */
export const resetConnection: CommandHandler = {
  begin(session, command) {
    session.lostTransaction = undefined;
    session.lostState.clear();
    detachParked(session);
    const statement = new Statement(command, HARMLESS_COMMAND);
    if (session.attachment !== undefined) {
      session.run(statement);
      return;
    }
    session.resetState();
    session.statement = statement;
    session.answerOk();
  },
  completed(session, _statement, ok) {
    if (!ok) return;
    session.resetState();
    rearm(session);
  },
};
