import { namesTrackers } from '../../backend/tracker-settings.js';
import { sqlOf } from '../../protocol/commands/query.js';
import type { StatementFacts } from '../../sql/facts.js';
import { joinedPayload } from '../client-command.js';
import { beginKill, killIn, ownKills, translateKills } from '../kill/kill.js';
import { showOwnTrackers, takeTrackersBack } from '../own-trackers.js';
import { readBack } from '../read-back.js';
import type { Session } from '../session.js';
import { Statement, traitsOf, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';
import { refusedShutdown } from './shutdown.js';

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
    if (facts.kind === 'admin' || facts.multi) {
      if (facts.effects.length > 0 && began(session, statement, facts)) return;
    }
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
    else readBack(session, statement.facts);
  },
};

/** KILL concerns sessions, not this connection; SHUTDOWN is not for clients. True when it has been seen to. */
function began(session: Session, statement: Statement, facts: StatementFacts): boolean {
  if (facts.effects.some(({ kind }) => kind === 'shutdown') && refusedShutdown(session, statement)) return true;
  if (facts.multi) {
    const kills = ownKills(facts.effects);
    if (kills.length > 0) translateKills(session, statement, kills);
    return kills.length > 0;
  }
  const kill = killIn(facts.effects);
  if (typeof kill?.id !== 'number') return false;
  beginKill(session, statement, { id: kill.id, query: kill.query, soft: kill.soft });
  return true;
}
