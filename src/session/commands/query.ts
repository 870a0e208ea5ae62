import { namesTrackers } from '../../backend/tracker-settings.js';
import { sqlOf } from '../../protocol/commands/query.js';
import { joinedPayload } from '../client-command.js';
import { showOwnTrackers, takeTrackersBack } from '../own-trackers.js';
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
    const text = sqlOf(joinedPayload(command), session.identity.capabilities);
    const facts = session.services.classifier.classify(text, session.state.dialect);
    const statement = new Statement(command, traitsOf(facts), facts);
    statement.namesTrackers = namesTrackers(text);
    session.run(statement);
  },
  readyOn(statement) {
    return !statement.namesTrackers;
  },
  async prepareFor(session, statement, attachment) {
    return statement.namesTrackers ? showOwnTrackers(session, attachment) : 'ready';
  },
  completed(session, statement) {
    if (statement.namesTrackers) takeTrackersBack(session);
  },
};
