import { Command } from '../protocol/commands.js';
import type { Rule } from '../routing/rules/rule.js';
import { judge, type RuleSet } from '../routing/rules/rule-set.js';
import type { Ruling } from '../routing/rules/ruling.js';
import { hintsOf } from '../sql/hints.js';
import { type ClientError, deniedBy, queryInterrupted, rateLimited } from './client-errors.js';
import { delay } from './delay.js';
import { withText } from './replaced-text.js';
import { logRuling } from './rule-log.js';
import { askedText, isRuled, subjectOf } from './rule-subject.js';
import type { ClientIdentity } from './services.js';
import type { Session } from './session.js';
import type { Statement, StatementOrder } from './statement.js';
import { orderOf, orderOfRuling } from './statement-order.js';

/** What rules mean for one session. */
export interface SessionRules {
  /** For whom they were picked: another account has others. */
  readonly identity: ClientIdentity;
  /** What they were picked from. */
  readonly set: RuleSet;
  /** Those that can match. */
  readonly concerning: readonly Rule[];
  /** A rule's target that it stays with. */
  sticky: StatementOrder | undefined;
}

/**
 * Rules and hints, once per statement, before anything else is done with it. Costs two comparisons where there are neither.
 * @returns true when the statement has been seen to: answered, made to wait, or replaced by another text
 */
export function ruled(session: Session, statement: Statement): boolean {
  if (statement.ruled || (session.services.rules === undefined && statement.about?.comments === undefined)) return false;
  statement.ruled = true;
  if (!isRuled(statement.command.code)) {
    // Such as PING: in the cluster where the session is.
    if (session.cluster !== session.opening.cluster) statement.order = { ...session.rules?.sticky, cluster: session.cluster.name };
    return false;
  }
  const rules = rulesOf(session);
  const ruling = rules === undefined || rules.concerning.length === 0 ? undefined : judge(rules.concerning, subjectOf(session, statement));
  setOrder(session, statement, ruling, rules);
  return ruling !== undefined && carriedOut(session, statement, ruling);
}

/** Picked at the first statement, again after a change of user and after a reload that changed the rules. */
function rulesOf(session: Session): SessionRules | undefined {
  const desk = session.services.rules;
  if (desk === undefined) return undefined;
  const { identity } = session;
  if (session.rules?.identity === identity && session.rules.set === desk.set) return session.rules;
  const { user, address: client, usesTls: tls } = identity;
  const { set } = desk;
  session.rules = { identity, set, concerning: set.concerning({ user, client, listener: desk.listener, tls }), sticky: undefined };
  return session.rules;
}

function setOrder(session: Session, statement: Statement, ruling: Ruling | undefined, rules: SessionRules | undefined): void {
  const { clusters } = session.services;
  const home = session.opening.cluster.name;
  const comments = statement.about?.comments;
  const text = comments === undefined ? undefined : askedText(session, statement);
  const hints = text === undefined ? undefined : hintsOf(text.sql, text.facts.comments);
  if (ruling === undefined && hints === undefined && rules?.sticky === undefined) return;
  statement.order = orderOf(clusters, home, ruling, rules?.sticky, hints);
  if (ruling?.sticky === true && rules !== undefined) rules.sticky ??= orderOfRuling(clusters, home, ruling);
}

/** True when the statement is not to be run as it is, or not now. */
function carriedOut(session: Session, statement: Statement, ruling: Ruling): boolean {
  // Nothing runs yet: its executions are what is counted, limited and delayed. (Those of a rewritten text count for the rule as well.)
  const prepares = statement.command.code === Command.STMT_PREPARE;
  const { stats } = session.services;
  if (!prepares) for (const { name } of ruling.matched) stats.rule(name).hits++;
  if (ruling.logs && !prepares) logRuling(session, statement, ruling);
  if (ruling.deniedBy !== undefined) {
    stats.rule(ruling.deniedBy.name).denied++;
    refuse(session, statement, deniedBy(ruling.deniedBy.name, ruling.deniedBy.action.deny ?? ''));
    return true;
  }
  if (prepares || ruling.limits.length === 0) return goesOn(session, statement, ruling, prepares);
  const limited = limitedBy(session, ruling.limits);
  if (!(limited instanceof Promise)) return limitJudged(session, statement, ruling, limited);
  session.phase = 'placing';
  void limited.then((error) => {
    if (session.phase !== 'placing' || session.statement !== statement) return;
    if (statement.killed) session.answerError(queryInterrupted());
    else if (!limitJudged(session, statement, ruling, error)) resumed(session, statement);
  });
  return true;
}

function refuse(session: Session, statement: Statement, error: ClientError): void {
  if (!statement.command.complete) session.skipRest(statement.command);
  session.answerError(error);
}

function limitJudged(session: Session, statement: Statement, ruling: Ruling, error: ClientError | undefined): boolean {
  if (error === undefined) return goesOn(session, statement, ruling, false);
  refuse(session, statement, error);
  return true;
}

/** What it has to do next, now that rules let it. */
function resumed(session: Session, statement: Statement): void {
  if (statement.resume === undefined) session.run(statement);
  else statement.resume();
}

/** True when it waits, or another text goes on in its place. */
function goesOn(session: Session, original: Statement, ruling: Ruling, prepares: boolean): boolean {
  const statement = rewritten(session, original, ruling) ?? original;
  if (ruling.timeoutMs !== undefined && !prepares) {
    const rule = ruling.acting.findLast(({ action }) => action.timeoutMs !== undefined);
    statement.allowed = { timeoutMs: ruling.timeoutMs, counts: session.services.stats.rule(rule?.name ?? '') };
  }
  session.statement = statement;
  if (ruling.delayMs > 0 && !prepares) delay(session, statement, ruling.delayMs, () => resumed(session, statement));
  else if (statement !== original) resumed(session, statement);
  else return false;
  return true;
}

/** The first limit that is used up; every one is asked in its turn, some of them in another process. */
function limitedBy(session: Session, [rule, ...others]: readonly Rule[]): (ClientError | undefined) | Promise<ClientError | undefined> {
  const { services, identity } = session;
  const rateLimit = rule?.action.rateLimit;
  if (rule === undefined || rateLimit === undefined || services.rules === undefined) return undefined;
  const judged = (againInMs: number) => {
    if (againInMs === 0) return limitedBy(session, others);
    services.stats.rule(rule.name).limited++;
    return rateLimited(rule.name, `at most ${rateLimit.statements} statements in ${rateLimit.everyMs / 1000} s`, againInMs);
  };
  const againInMs = services.rules.limits.take(rule.name, identity.user, identity.address);
  return typeof againInMs === 'number' ? judged(againInMs) : againInMs.then(judged);
}

/** A prepared statement was rewritten when it was prepared. */
function rewritten(session: Session, statement: Statement, { rewriteBy }: Ruling): Statement | undefined {
  const { command, asked, order } = statement;
  if (rewriteBy?.rewrite === undefined || asked === undefined) return undefined;
  if (command.code !== Command.QUERY && command.code !== Command.STMT_PREPARE) return undefined;
  const text = rewriteBy.rewrite.apply(asked);
  if (text === undefined) return undefined;
  const replaced = withText(session, statement, text);
  replaced.ruled = true;
  replaced.order = order;
  // A copy: it outlives the chunk that it was read with.
  replaced.asked = command.code === Command.STMT_PREPARE ? asked.copy() : asked;
  return replaced;
}
