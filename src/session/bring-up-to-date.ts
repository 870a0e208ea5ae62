import { type RestorableState, restoreStatement } from '../backend/session-restore.js';
import { encodeInitDb } from '../protocol/commands/init-db.js';
import { DependsOn } from '../sql/facts.js';
import type { Attachment } from './attachment.js';
import { stateLost } from './client-errors.js';
import type { Preparation } from './commands/command-handler.js';
import { rememberFor } from './diagnostics.js';
import { type ExchangeEnd, exchange, exchangeQuery } from './exchange.js';
import { onlyAssigns } from './get-diagnostics.js';
import { knowsOption, sayOption } from './multi-statements.js';
import { selectsSchema } from './selects-schema.js';
import type { Session } from './session.js';
import type { StateChanges } from './session-state.js';
import type { Statement } from './statement.js';

/**
 * A session with several connections keeps its state itself; each of them knows up to which revision it has it. What is missing is set just
 * before a statement runs there, in the order in which it was set by the client: variables and schema always, user variables and the last
 * insert id only for statements that may look at them.
 */
export function isUpToDate(session: Session, attachment: Attachment, statement: Statement): boolean {
  const { state } = session;
  if (attachment.schema !== state.schema && !selectsSchema(statement)) return false;
  if (!knowsOption(session, attachment, statement)) return false;
  if (attachment.syncedTo !== state.revision && lacks(state.changesSince(attachment.syncedTo))) return false;
  attachment.syncedTo = state.revision;
  return attachment.userSyncedTo === state.revision || !looksAtUserState(statement) || hasUserState(state, attachment);
}

/** The connection has just got, or made, all that the session's state says. */
export function noteUpToDate({ state, replies }: Session, attachment: Attachment): void {
  if (replies.kept !== undefined) {
    attachment.disturbed = replies.kept;
    replies.foundRowsOn = attachment;
    replies.kept = undefined;
  }
  attachment.schema = state.schema;
  attachment.syncedTo = state.revision;
  attachment.userSyncedTo = state.revision;
  if (state.textPreparesSince(0).length === 0) attachment.preparedTo = state.revision;
}

/**
 * After a statement on a connection that was up to date before it: whatever the session's state has learnt from it is there.
 * @param before the state's revision when the statement was sent
 */
export function learntFrom({ state, replies }: Session, attachment: Attachment, before: number, statement?: Statement): void {
  // A USE that failed has left the schema that was there, which may be another one.
  if (statement === undefined || replies.lastOk || !selectsSchema(statement)) attachment.schema = state.schema;
  attachment.syncedTo = state.revision;
  if (attachment.userSyncedTo === before) attachment.userSyncedTo = state.revision;
  if (attachment.preparedTo === before) attachment.preparedTo = state.revision;
}

/** Sets on a connection what it lacks for this statement. */
export async function bringUpToDate(session: Session, attachment: Attachment, statement: Statement): Promise<Preparation> {
  const { state } = session;
  if (isUpToDate(session, attachment, statement)) return 'ready';
  await rememberFor(session, attachment, statement);
  if (!knowsOption(session, attachment, statement) && (await sayOption(session, attachment)) === 'lost') return 'again';
  const { revision, schema } = state;
  const { role } = state.changesSince(attachment.syncedTo);
  // First the role: it may be what lets the account into the schema.
  if (role !== undefined) {
    const end = await exchangeQuery(attachment.connection, role, session.cluster.connectTimeoutMs);
    if (end.kind !== 'ok') return failed(session, end, attachment, statement);
  }
  if (schema !== undefined && schema !== attachment.schema && !selectsSchema(statement)) {
    const end = await exchange(attachment.connection, encodeInitDb({ database: schema }), session.cluster.connectTimeoutMs);
    if (end.kind !== 'ok') return failed(session, end, attachment, statement);
    attachment.schema = schema;
  }
  const withUser = looksAtUserState(statement);
  const lacking: RestorableState = {
    variables: state
      .changesSince(Math.min(attachment.syncedTo, withUser ? attachment.userSyncedTo : attachment.syncedTo))
      .variables.filter((each) => withUser || isSynced(each)),
    userVariables: withUser ? state.changesSince(attachment.userSyncedTo).userVariables : [],
  };
  if (lacking.variables.length + lacking.userVariables.length > 0) {
    const sql = restoreStatement(attachment.flavor, lacking, false);
    const end = await exchangeQuery(attachment.connection, sql, session.cluster.connectTimeoutMs);
    if (end.kind !== 'ok') return failed(session, end, attachment, statement);
  }
  attachment.syncedTo = revision;
  if (withUser) attachment.userSyncedTo = revision;
  return 'ready';
}

function lacks({ variables, role }: StateChanges): boolean {
  return role !== undefined || variables.some(isSynced);
}

/** What LAST_INSERT_ID() gives is asked for rarely and changes with each INSERT. */
function isSynced([name]: readonly [name: string, ...rest: unknown[]]): boolean {
  return name !== 'last_insert_id';
}

function looksAtUserState(statement: Statement): boolean {
  const { about, prepares } = statement;
  if (about === undefined) return false;
  // Nothing runs at a PREPARE, but its columns are described by the types of the variables.
  if (prepares !== undefined) return about.usesUserVariables;
  // Behind a write nothing of ours may run any more that its ROW_COUNT() would not survive, so what the next statement may want is there before.
  if (about.kind === 'write') return true;
  // One that fails, or SELECT ... INTO without a row, leaves a variable as it was. Before GET DIAGNOSTICS nothing of ours may run.
  const isQuestion = (about.dependsOn & DependsOn.diagnostics) !== 0;
  if (!isQuestion && about.effects.some((effect) => effect.kind === 'user-variable' && effect.literal === undefined)) return true;
  if (isQuestion && onlyAssigns(statement)) return false;
  // A transaction stays where it begins.
  return about.usesUserVariables || about.mayChangeState || about.begins || (about.dependsOn & DependsOn.lastInsertId) !== 0;
}

function hasUserState(state: Session['state'], attachment: Attachment): boolean {
  const { variables, userVariables } = state.changesSince(attachment.userSyncedTo);
  return userVariables.length === 0 && variables.every(isSynced);
}

/** A replica that lags may lack the schema, or refuse a value; the primary has taken both. */
function failed(session: Session, end: Exclude<ExchangeEnd, { kind: 'ok' }>, attachment: Attachment, statement: Statement): Preparation {
  if (end.kind === 'lost') return 'again';
  if (attachment.route === 'replica' && statement.order.route !== 'primary') {
    statement.sendToPrimary();
    return 'again';
  }
  session.answerError(stateLost(`state set earlier (${end.err.message})`, attachment.backend));
  return 'answered';
}
