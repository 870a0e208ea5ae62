import { namesTrackers } from '../../backend/tracker-settings.js';
import { sqlOf } from '../../protocol/commands/query.js';
import type { StatementFacts } from '../../sql/facts.js';
import { joinedPayload } from '../client-command.js';
import { answeredText } from '../guard/guarded-diagnostics.js';
import { beginKill, killIn, ownKills, translateKills } from '../kill/kill.js';
import { showOwnTrackers, takeTrackersBack } from '../own-trackers.js';
import { attributesOfQuery, checkAttributes, needsTranslation, queryWithoutAttributes } from '../query-attributes.js';
import { readBack } from '../read-back.js';
import { withText } from '../replaced-text.js';
import { leaveSandbox } from '../sandbox.js';
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
      const unread = new Statement(command, UNKNOWN_COMMAND);
      unread.attributes = attributesOfQuery(command, session.identity.capabilities);
      session.run(unread);
      return;
    }
    const text = sqlOf(joinedPayload(command), session.identity.capabilities);
    const facts = session.services.classifier.classify(text, session.state.dialect);
    const statement = new Statement(command, traitsOf(facts), facts);
    statement.sql = text;
    statement.namesTrackers = namesTrackers(text);
    statement.attributes = attributesOfQuery(command, session.identity.capabilities);
    const { guarded } = session.replies;
    const answered = guarded === undefined ? undefined : answeredText(statement, guarded);
    if (answered !== undefined) return session.run(withText(session, statement, Buffer.from(answered)));
    if (facts.kind === 'admin' || facts.multi) {
      if (facts.effects.length > 0 && began(session, statement, facts)) return;
    }
    session.run(statement);
  },
  readyOn(statement, attachment) {
    return !statement.namesTrackers && !needsTranslation(statement, attachment);
  },
  async prepareFor(session, statement, attachment) {
    if (checkAttributes(session, statement, attachment) === 'answered') return 'answered';
    return statement.namesTrackers ? showOwnTrackers(session, attachment) : 'ready';
  },
  outgoing(statement, attachment) {
    return needsTranslation(statement, attachment) ? queryWithoutAttributes(statement.command) : statement.command.parts;
  },
  completed(session, statement, ok) {
    if (session.state.sandboxed && ok) return leaveSandbox(session);
    if (statement.namesTrackers) takeTrackersBack(session);
    else readBack(session, statement, ok);
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
