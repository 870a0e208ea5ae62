import { ABOUT_LAST_STATEMENT, type StatementFacts } from '../sql/facts.js';
import type { Route } from './suitability.js';

/** What of a session decides where its next statement may run. */
export interface SplitView {
  /** As of the last answer; it stays where it is. */
  readonly inTransaction: boolean;
  readonly autocommit: boolean;
  /** `SET TRANSACTION ...` waits for the next transaction, on the connection where it was said. */
  readonly nextTransaction: boolean;
}

/** `stay`: on the connection that the session's last statement used (the primary where there is none). */
export interface SplitChoice {
  readonly route: Route | 'stay';
  /** A few words for people; stable. */
  readonly reason: string;
}

const choice = (route: SplitChoice['route'], reason: string): SplitChoice => ({ route, reason });

const IN_TRANSACTION = choice('stay', 'a transaction is open');
const NO_AUTOCOMMIT = choice('primary', 'autocommit is off: it opens a transaction');
const NEXT_TRANSACTION = choice('primary', 'SET TRANSACTION waits for it on the primary');
const READ_ONLY = choice('replica', 'START TRANSACTION READ ONLY');
const PURE_READ = choice('replica', 'a pure read');
const ABOUT_LAST = choice('stay', 'it asks about the last statement');

/** It changes at most user variables, so that a replica can run it as well as the primary. */
function leavesDataAlone(facts: StatementFacts): boolean {
  if (facts.harmless) return true;
  const sets = (facts.kind === 'set' || facts.kind === 'read') && !facts.multi && !facts.mayChangeState && facts.effects.length > 0;
  return sets && facts.effects.every((effect) => effect.kind === 'user-variable');
}

/**
 * The server for one statement of a session that reads and writes through one port (DESIGN 7). Pure: text facts and session facts in, route
 * and reason out. Whatever is not surely a pure read goes to the primary.
 * @param facts of its text, which must be here whole; undefined: nothing is known, the primary
 */
export function splitRoute(facts: StatementFacts | undefined, view: SplitView): SplitChoice {
  if (view.inTransaction) return IN_TRANSACTION;
  if (facts === undefined) return becauseOf(undefined);
  if ((facts.dependsOn & ABOUT_LAST_STATEMENT) !== 0 && leavesDataAlone(facts)) return ABOUT_LAST;
  if (view.nextTransaction) return NEXT_TRANSACTION;
  if (facts.begins && facts.readOnlyRequested && !facts.multi) return READ_ONLY;
  if (!view.autocommit) return NO_AUTOCOMMIT;
  return facts.pureRead ? PURE_READ : becauseOf(facts.notPureBecause);
}

function becauseOf(notPure: StatementFacts['notPureBecause']): SplitChoice {
  return choice('primary', `no pure read: ${notPure ?? 'its text is not known'}`);
}
