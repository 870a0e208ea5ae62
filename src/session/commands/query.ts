import { sqlOf } from '../../protocol/commands/query.js';
import { classify } from '../../sql/classify.js';
import { joinedPayload } from '../client-command.js';
import { Statement, traitsOf, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/**
 * COM_QUERY. A text that is here whole is classified; of one too large to be kept nothing is assumed.
 * Texts of several frames are classified joined, since a token may span them.
 */
export const query: CommandHandler = {
  begin(session, command) {
    if (!command.complete) {
      session.run(new Statement(command, UNKNOWN_COMMAND));
      return;
    }
    const facts = classify(sqlOf(joinedPayload(command), session.identity.capabilities), session.state.dialect);
    session.run(new Statement(command, traitsOf(facts), facts));
  },
};
