import { decodeOk } from '../protocol/ok.js';
import { decodeTextRow, type TextRow } from '../protocol/text-row.js';
import { DependsOn, type StatementFacts } from '../sql/facts.js';
import type { Attachment } from './attachment.js';
import { learntFrom } from './bring-up-to-date.js';
import { DIAGNOSTIC_COLUMNS, keepNextTransaction, mayDisturb } from './diagnostics.js';
import { exchangeQuery } from './exchange.js';
import { notePins } from './learn-effects.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { COLUMNS_OF_VALUE, isNeverSet, readValue, valueColumns } from './user-values.js';

/** Bytes of all values that are read with one question; each may have its share. */
const MOST_BYTES = 1024 * 1024;

/**
 * Asks the server for what no answer tells: values of user variables, whether a named lock is held, variables that MariaDB sets without a word of its tracker
 * (`SET @@x = ...`, also by statements that failed). The client has its answer by then; its next command waits until this is done. Where what the
 * last statement left behind could not be put back (`diagnostics.ts`), it is asked behind a later one. False: nothing to ask now.
 */
export function readBack(session: Session, statement: Statement, ok: boolean): boolean {
  const { attachment, state } = session;
  if (statement.facts !== undefined) noteUntracked(state.unreadVariables, statement.facts);
  // Until it is read, this connection alone has it.
  if (state.unreadVariables.size > 0) notePins(session);
  if (attachment === undefined || !(state.hasUnread || (state.insertIdUnread && session.replies.insertIdAsked))) return false;
  if (session.pinHolder !== undefined && session.pinHolder !== attachment) return false;
  // A question of ours would clear it.
  if (session.replies.left.told || !mayDisturb(session.replies.counts, ok, statement.facts)) return false;
  session.phase = 'placing';
  rest(session, readUnread(session, attachment));
  return true;
}

/** Only what is surely a variable's name goes into the question. */
function noteUntracked(unread: Set<string>, facts: StatementFacts): void {
  for (const effect of facts.effects) {
    const isOne = effect.kind === 'system-variable' && effect.untracked === true && effect.scope === 'session';
    if (isOne && /^[a-z0-9_]+$/.test(effect.name)) unread.add(effect.name);
  }
}

/** A statement is about to run elsewhere than on the connection that alone knows what is unread: that one is asked first. */
export function readsFirst({ state, pinHolder }: Session, attachment: Attachment): Attachment | undefined {
  return pinHolder !== undefined && pinHolder !== attachment && state.hasUnread ? pinHolder : undefined;
}

/** Inserts run on the primary: there it can be asked what LAST_INSERT_ID() gives, where no answer has told it. */
function knowsInsertId({ state, parked }: Session, { route }: Attachment): boolean {
  return state.insertIdUnread && (route === 'primary' || parked.length === 0);
}

/** Reads now all that is not known, on the connection that has it. `leaving`: before the session goes elsewhere. */
export async function readUnread(session: Session, attachment: Attachment, leaving = false): Promise<void> {
  const { state } = session;
  if (session.pinHolder !== undefined && session.pinHolder !== attachment) return;
  const before = state.revision;
  await ask(session, attachment, leaving);
  // All of it is from there; what others have set meanwhile is not.
  if (attachment.syncedTo === before) learntFrom(session, attachment, before);
  notePins(session);
}

async function ask(session: Session, attachment: Attachment, leaving: boolean): Promise<void> {
  const { state } = session;
  const found = state.unseenUserVariables && (await findNames(session, attachment));
  const withInsertId = knowsInsertId(session, attachment) && (leaving || session.replies.insertIdAsked);
  if (!state.hasUnread && !withInsertId) return;
  const names = [...state.userVariables.unread];
  const locks = [...state.unreadLocks];
  const variables = [...state.unreadVariables];
  const share = Math.max(16_384, Math.floor(MOST_BYTES / Math.max(1, names.length)));
  const columns = [
    DIAGNOSTIC_COLUMNS,
    'LAST_INSERT_ID()',
    ...variables.map((name) => `@@session.${name}`),
    ...locks.map((name) => `IS_USED_LOCK(CONVERT(0x${Buffer.from(name).toString('hex')} USING utf8mb4))<=>CONNECTION_ID()`),
    ...names.map((name) => valueColumns(name, share)),
  ];
  const { connection, cluster } = attachment;
  const end = await exchangeQuery(connection, `SELECT ${columns.join(',')} LIMIT 1`, cluster.connectTimeoutMs);
  const row = end.kind === 'ok' ? end.rows[0] : undefined;
  if (end.kind !== 'ok' || row === undefined) {
    // Asked once: what the server will not tell stays unknown, and pins.
    if (end.kind !== 'lost') giveUp(session, names);
    return;
  }
  const values = decodeTextRow(row);
  const earlier = attachment.disturbed;
  attachment.disturbed = {
    foundRows: earlier?.foundRows ?? numberAt(values, 0),
    rowCount: found && earlier !== undefined ? earlier.rowCount : numberAt(values, 1),
    leftMore: warningsOf(end.last, connection.capabilities) > 0 || (found && earlier?.leftMore === true),
    // The SELECT just now made it 1 again.
    lost: false,
    variable: names[0],
  };
  if (withInsertId) state.learnInsertId(values[2]?.toString('latin1'));
  let at = 3;
  if (variables.length > 0)
    state.learn({ variables: variables.map((name, index) => [name, values[at + index]?.toString('utf8') ?? ''] as const) });
  for (const name of variables) state.unreadVariables.delete(name);
  at += variables.length;
  for (const [index, name] of locks.entries()) state.learnLock(name, numberAt(values, at + index) === 1);
  at += locks.length;
  for (const name of names) {
    const column = end.columns[at];
    const own = values.slice(at, at + COLUMNS_OF_VALUE);
    const value = column === undefined ? undefined : readValue(name, column, own, connection.mariadbCapabilities);
    if (column !== undefined && isNeverSet(column, own, connection.mariadbCapabilities)) state.userVariables.neverSet(name);
    else state.userVariables.read(name, value, state.nextRevision());
    at += COLUMNS_OF_VALUE;
  }
}

/**
 * What a routine may have set without our seeing its name: MariaDB lists a session's user variables. MySQL does so only for its administrators.
 * True when the server was asked.
 */
async function findNames(session: Session, attachment: Attachment): Promise<boolean> {
  const { state } = session;
  const { connection, cluster } = attachment;
  state.unseenUserVariables = false;
  if (attachment.flavor !== 'mariadb') return false;
  const asked = await exchangeQuery(connection, `SELECT ${DIAGNOSTIC_COLUMNS} LIMIT 1`, cluster.connectTimeoutMs);
  const row = asked.kind === 'ok' ? asked.rows[0] : undefined;
  if (row === undefined) return false;
  const values = decodeTextRow(row);
  const foundRows = attachment.disturbed?.foundRows ?? numberAt(values, 0);
  // It reads a table of its own, which leaves FOUND_ROWS() as it likes.
  attachment.disturbed = { foundRows, rowCount: numberAt(values, 1), leftMore: true, lost: true, variable: undefined };
  const sql = 'SELECT CAST(VARIABLE_NAME AS BINARY) FROM information_schema.USER_VARIABLES LIMIT 1000';
  const end = await exchangeQuery(connection, sql, cluster.connectTimeoutMs);
  if (end.kind !== 'ok') return true;
  await keepNextTransaction(session, attachment);
  for (const each of end.rows) {
    const name = decodeTextRow(each)[0]?.toString('utf8').toLowerCase();
    if (name !== undefined) state.userVariables.found(name, state.nextRevision());
  }
  return true;
}

function giveUp({ state }: Session, names: readonly string[]): void {
  for (const name of names) state.userVariables.read(name, undefined, state.nextRevision());
  state.unreadLocks.clear();
  state.unreadVariables.clear();
  state.insertIdUnread = false;
}

function numberAt(values: TextRow, at: number): number {
  return Number(values[at]?.toString('latin1').replaceAll('\0', '') ?? 0);
}

/** Of the last packet of a result set. */
function warningsOf(last: Buffer, capabilities: number): number {
  return last.length === 5 ? last.readUInt16LE(1) : decodeOk(last, capabilities).warnings;
}

/**
 * A session at rest is to leave this connection: what only the server knows is read first. False: there is nothing to read, it may go at once.
 */
export function readsBeforeLeaving(session: Session, attachment: Attachment): boolean {
  const { state } = session;
  const holds = session.pinHolder === undefined || session.pinHolder === attachment;
  // Only what the question will settle: else it would be asked for ever.
  if (session.phase !== 'idle' || !holds || !(state.hasUnread || knowsInsertId(session, attachment))) return false;
  session.phase = 'placing';
  rest(session, readUnread(session, attachment, true));
  return true;
}

/** The session goes on when that is done. */
export function rest(session: Session, reading: Promise<void>): void {
  const goOn = () => {
    if (session.phase !== 'placing' || session.statement !== undefined) return;
    session.phase = 'idle';
    session.nextCommand();
  };
  reading.then(goOn, (error: unknown) => session.failed(error));
}

/** The session uses LAST_INSERT_ID() in its statements, so it is worth a question. */
export function asksForInsertId(facts: StatementFacts): boolean {
  return (facts.dependsOn & DependsOn.lastInsertId) !== 0;
}
