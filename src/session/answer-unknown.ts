import { digest } from '../sql/digest.js';
import type { UnknownKind } from '../telemetry/stat-names.js';
import { outcomeUnknown } from './client-errors.js';
import { count } from './count-outcome.js';
import { lostClassOf } from './lost-class.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/** Longer texts are cut in the log. */
const MAX_LOGGED_CHARACTERS = 2000;

/**
 * Answers with 9501: nobody can know whether the statement ran. It is counted, and logged with its text (`log.sql` says how much of it),
 * because somebody will have to look at the data.
 * @param why how the backend was lost, after its name
 * @param refused midway, or it is not known how much of it had run before that
 */
export function answerUnknown(session: Session, statement: Statement, backend: string, why: string, refused = false): void {
  const { stats, log } = session.services;
  const kind = kindOf(statement);
  const lostClass = lostClassOf(statement, refused);
  count(session, 'unknown');
  stats.unknownOutcome(kind);
  const { user, address: client } = session.identity;
  log.warn(
    { session: session.opening.id, client, user, backend, kind, class: lostClass, why, sql: loggedText(session, statement) },
    'outcome unknown',
  );
  session.answerError(outcomeUnknown(describe(statement), backend, why, lostClass));
}

function kindOf({ facts, traits }: Statement): UnknownKind {
  if (facts === undefined) return 'other';
  if (facts.multi) return 'multi';
  if (facts.loadLocal) return 'load';
  if (facts.kind === 'transaction') return 'commit';
  if (facts.kind === 'call') return 'call';
  return traits.kind === 'ddl' || traits.kind === 'write' ? traits.kind : 'other';
}

/** What was sent, in a few words for the error text. */
function describe({ facts }: Statement): string {
  if (facts === undefined) return 'a command';
  if (facts.multi) return 'a multi-statement';
  return facts.commits && facts.kind === 'transaction' ? 'COMMIT' : `a ${facts.kind} statement`;
}

function loggedText(session: Session, statement: Statement): string | undefined {
  const text = textOf(statement);
  if (text === undefined) return undefined;
  const shown = session.services.logSql === 'full' ? text.toString() : digest(text, session.state.dialect).text;
  return shown.length > MAX_LOGGED_CHARACTERS ? `${shown.slice(0, MAX_LOGGED_CHARACTERS)}...` : shown;
}
