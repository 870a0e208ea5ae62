import { Command } from '../protocol/commands.js';
import { decodeTextRow, type TextRow } from '../protocol/text-row.js';
import { ABOUT_LAST_STATEMENT, DependsOn, type StatementFacts } from '../sql/facts.js';
import type { AnswerCounts } from './answer-counts.js';
import type { Attachment } from './attachment.js';
import type { Preparation } from './commands/command-handler.js';
import { type ExchangeEnd, exchangeQuery } from './exchange.js';
import { failedBeforeRunning } from './failed-before-running.js';
import { here } from './last-place.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';
import { quoted } from './user-values.js';

/**
 * What FOUND_ROWS() and ROW_COUNT() gave on a connection before a statement of our own ran there behind the client's last one. Warnings are not in
 * it: behind a statement that left any, nothing of ours runs.
 */
export interface Disturbed {
  readonly foundRows: number;
  /** -1, 0, or 1. */
  readonly rowCount: number;
  /** Our own left more than a SELECT does: warnings (to MySQL from 8.0.17 asking for FOUND_ROWS() is worth one), or the ROW_COUNT() of a USE. */
  readonly leftMore: boolean;
  /** FOUND_ROWS() may be anything there by now, not the 1 of a SELECT of ours. */
  readonly lost?: boolean;
  /** A statement of the client's has failed or warned since then and left FOUND_ROWS() alone: now what it told must stay too. */
  readonly told?: boolean;
  /** A user variable whose value is not harmed by being assigned to itself. */
  readonly variable: string | undefined;
}

/** For our question: what it is going to change. As its first columns. */
export const DIAGNOSTIC_COLUMNS = 'FOUND_ROWS(),ROW_COUNT()';
const DIAGNOSTICS = 2;

/** What a SELECT of one row leaves behind. */
const OWN = { foundRows: 1, rowCount: -1 } as const;

/** What is on a connection whose last statement nobody asks about. */
export const NOTHING: Disturbed = { ...OWN, leftMore: false, variable: undefined };

/** A SET changes ROW_COUNT() to 0 and leaves FOUND_ROWS() (both servers; `DO 0` does not on MySQL). */
export const NO_EFFECT = 'SET @@session.sql_select_limit=@@session.sql_select_limit';

/** More rows than that are not made to be counted. */
const MOST_ROWS = 1_000_000;

/**
 * May a statement of our own run behind this answer of the client's? Only where everything that the next statement can ask for can be put back: no
 * warnings, and a ROW_COUNT() of -1, 0, or the 1 of SELECT ... INTO.
 */
export function mayDisturb(counts: AnswerCounts, ok: boolean, facts: StatementFacts | undefined): boolean {
  if (!ok || facts === undefined || counts.warnings > 0) return false;
  // It leaves what it asks for, and that is of a statement before.
  if ((facts.dependsOn & DependsOn.diagnostics) !== 0) return false;
  if (counts.isResultSet || counts.affectedRows === 0n) return true;
  return counts.affectedRows === 1n && facts.kind === 'read' && facts.effects.some(({ kind }) => kind === 'user-variable');
}

/**
 * A session that asks for FOUND_ROWS() has it carried along from one connection to the other from then on: before a statement that may leave it alone, since
 * behind a write it could not be set any more without changing ROW_COUNT(). Others do not pay for that.
 */
function noteAsking({ replies }: Session, facts: StatementFacts): void {
  if ((facts.dependsOn & DependsOn.foundRows) !== 0 || facts.mayChangeState || facts.effects.some(({ kind }) => kind === 'text-prepare'))
    replies.rowsAsked = true;
}

/** It may ask what the statement before it left behind. */
function asks(facts: StatementFacts): boolean {
  return (facts.dependsOn & ABOUT_LAST_STATEMENT) !== 0 || facts.mayChangeState || facts.multi;
}

function asksForDiagnostics(facts: StatementFacts | undefined): boolean {
  return facts !== undefined && (facts.dependsOn & DependsOn.diagnostics) !== 0;
}

/** What has to run on a disturbed connection before the statement sees what it would have seen; empty: nothing. */
function putBack(disturbed: Disturbed, statement: Statement): readonly string[] {
  const { facts } = statement;
  if (facts === undefined) return [];
  if (disturbed.told === true && (facts.dependsOn & DependsOn.diagnostics) !== 0) return [];
  if (!asks(facts) && (isSelect(statement) || keepsFoundRows(statement, facts))) return [];
  return steps(disturbed, false);
}

/** The connection is as its last statement left it, as far as this statement can see. */
export function isUndisturbed(session: Session, attachment: Attachment, statement: Statement): boolean {
  if (statement.facts !== undefined && !session.replies.rowsAsked) noteAsking(session, statement.facts);
  if (session.replies.owed !== undefined && asksForDiagnostics(statement.facts)) return false;
  if (attachment.disturbed !== undefined && putBack(attachment.disturbed, statement).length > 0) return false;
  const { facts } = statement;
  if (facts === undefined) return true;
  if (session.parked.length === 0) return true;
  const { last, counted } = sources(session, attachment, statement, facts);
  return last === attachment && counted === attachment;
}

/** The connections that know what the statement may ask for: ROW_COUNT() and warnings, and FOUND_ROWS(). */
function sources(
  session: Session,
  attachment: Attachment,
  statement: Statement,
  facts: StatementFacts,
): { readonly last: Attachment; readonly counted: Attachment } {
  const { lastOn, foundRowsOn, left, rowsAsked } = session.replies;
  if (!asks(facts)) {
    const carries = rowsAsked && !isSelect(statement);
    return { last: attachment, counted: (carries ? here(session, foundRowsOn) : undefined) ?? attachment };
  }
  const isAboutRows = (facts.dependsOn & ABOUT_LAST_STATEMENT) === DependsOn.foundRows && !facts.mayChangeState && !facts.multi;
  const rowsAt = here(session, foundRowsOn);
  if (isAboutRows && rowsAt !== undefined) return { last: rowsAt, counted: rowsAt };
  const last = here(session, lastOn) ?? attachment;
  const isHere = last === attachment;
  const mayAsk = facts.mayChangeState || facts.multi;
  // MySQL clears what a statement told for each that does not ask for it, routines included.
  const isSilent = (left.ok && left.warnings === 0) || (attachment.flavor === 'mysql' && !asksForDiagnostics(facts));
  const canBeMadeAgain = isSilent && (left.isResultSet || left.affectedRows === 0n);
  const asksForRows = (facts.dependsOn & DependsOn.foundRows) !== 0 || (mayAsk && (!isHere || canBeMadeAgain));
  // A ROW_COUNT() of that kind cannot be made again.
  const isFixed = isHere && (facts.dependsOn & DependsOn.rowCount) !== 0 && !left.isResultSet && left.affectedRows > 0n;
  return { last, counted: (asksForRows && !isFixed ? here(session, foundRowsOn) : undefined) ?? last };
}

/** Makes it so: puts back what statements of our own have changed, or what the last statements left on other connections of the session. */
export async function setRight(session: Session, attachment: Attachment, statement: Statement): Promise<Preparation> {
  const { facts } = statement;
  if (facts === undefined || isUndisturbed(session, attachment, statement)) return 'ready';
  const { owed } = session.replies;
  if (owed !== undefined && asksForDiagnostics(facts)) {
    session.replies.owed = undefined;
    const end = await exchangeQuery(attachment.connection, owed, attachment.cluster.connectTimeoutMs);
    return end.kind === 'lost' ? 'again' : 'ready';
  }
  const { last, counted } = sources(session, attachment, statement, facts);
  const isElsewhere = last !== attachment || counted !== attachment;
  // One that does not ask sets a ROW_COUNT() of its own.
  const needed = asks(facts) ? [last, counted] : [counted];
  if (isElsewhere) for (const each of new Set(needed)) await remember(each);
  if (needed.some(({ disturbed }) => disturbed === undefined)) return 'ready';
  const { foundRows } = counted.disturbed ?? OWN;
  const wanted = { ...(last.disturbed ?? NOTHING), foundRows };
  for (const sql of steps(wanted, isElsewhere)) {
    const end = await exchangeQuery(attachment.connection, sql, attachment.cluster.connectTimeoutMs);
    if (end.kind === 'lost') return 'again';
  }
  if ((await keepNextTransaction(session, attachment)) === 'lost') return 'again';
  attachment.disturbed = undefined;
  if (here(session, session.replies.foundRowsOn) === counted) session.replies.foundRowsOn = attachment;
  return 'ready';
}

/** A SELECT of ours with tables, derived ones too, was the transaction that a SET TRANSACTION was said for (MariaDB); its own ROW_COUNT() is 0. */
export async function keepNextTransaction({ state }: Session, attachment: Attachment): Promise<ExchangeEnd['kind']> {
  if (state.nextTransaction === undefined) return 'ok';
  return (await exchangeQuery(attachment.connection, state.nextTransaction, attachment.cluster.connectTimeoutMs)).kind;
}

/** Asks a connection what FOUND_ROWS() and ROW_COUNT() are there, before something of ours changes them. */
export async function remember(attachment: Attachment): Promise<void> {
  if (attachment.disturbed !== undefined) return;
  const end = await exchangeQuery(attachment.connection, `SELECT ${DIAGNOSTIC_COLUMNS} LIMIT 1`, attachment.cluster.connectTimeoutMs);
  const row = end.kind === 'ok' ? end.rows[0] : undefined;
  if (row !== undefined) noteDisturbed(attachment, decodeTextRow(row));
}

/** A question of ours that began with `DIAGNOSTIC_COLUMNS` was answered by this row: what the client's last statement had left there. */
export function noteDisturbed(attachment: Attachment, row: TextRow): void {
  const [foundRows, rowCount] = [0, 1].map((at) => Number(row[at]?.toString('latin1').replaceAll('\0', '') ?? Number.NaN));
  if (foundRows === undefined || rowCount === undefined || Number.isNaN(foundRows + rowCount)) return;
  attachment.disturbed ??= { foundRows, rowCount, leftMore: true, variable: undefined };
}

/** Text of the column behind `DIAGNOSTIC_COLUMNS` in the one row of our question, and what the question disturbed is noted; empty without a row, or for NULL. */
export function answerBehind(attachment: Attachment, end: ExchangeEnd): string {
  const row = end.kind === 'ok' ? end.rows[0] : undefined;
  if (row === undefined) return '';
  const values = decodeTextRow(row);
  noteDisturbed(attachment, values);
  // In the session's character set; UTF-16 has zero bytes.
  return values[DIAGNOSTICS]?.toString('latin1').replaceAll('\0', '') ?? '';
}

/** COM_CHANGE_USER leaves FOUND_ROWS() as it was (both servers): asked for while there is somebody to ask. */
export async function foundRowsToKeep(session: Session): Promise<Disturbed | undefined> {
  const counted = here(session, session.replies.foundRowsOn);
  // Nothing has run since the change before.
  if (counted === undefined) return session.replies.kept;
  await remember(counted);
  // What a new connection gives is anything (MariaDB's threads keep it).
  return counted.disturbed && { ...NOTHING, foundRows: counted.disturbed.foundRows, rowCount: 0, lost: true };
}

/** Statements of ours are about to run on this connection, and what the client's last one left there may be asked for, now or after a PREPARE. */
export async function rememberFor(session: Session, attachment: Attachment, { facts }: Statement): Promise<void> {
  if ((facts !== undefined && !asks(facts)) || here(session, session.replies.lastOn) !== attachment) return;
  await remember(attachment);
  if (attachment.disturbed !== undefined) attachment.disturbed = { ...attachment.disturbed, leftMore: true };
}

/** Commands without SQL after which ROW_COUNT() is 0. */
const COUNTED: ReadonlySet<number> = new Set([Command.PING, Command.INIT_DB, Command.RESET_CONNECTION, Command.STMT_RESET]);
/** And -1 (both servers). */
const UNCOUNTED: ReadonlySet<number> = new Set([Command.FIELD_LIST, Command.SET_OPTION]);

/** What is left of it after a statement of the client's: SET, COMMIT and their like change all but FOUND_ROWS(). */
export function afterwards(
  disturbed: Disturbed,
  statement: Statement,
  ok: boolean,
  isMariadb: boolean,
  { warnings, error }: Pick<AnswerCounts, 'warnings' | 'error'>,
): Disturbed | undefined {
  const { facts, command } = statement;
  if (facts === undefined) {
    if (command.code === Command.QUERY) return undefined;
    if (!ok) return { ...disturbed, rowCount: OWN.rowCount, leftMore: false, told: true };
    // MySQL warns of a deprecated command, and does not count that in its answer.
    const warns = warnings > 0 || (!isMariadb && command.code === Command.FIELD_LIST);
    const now = warns ? { ...disturbed, leftMore: false, told: true } : disturbed;
    if (UNCOUNTED.has(command.code)) return { ...now, rowCount: OWN.rowCount };
    return COUNTED.has(command.code) ? { ...now, rowCount: 0 } : now;
  }
  const isAsItWas = disturbed.foundRows === OWN.foundRows && disturbed.lost !== true;
  if (isAsItWas || (ok && isSelect(statement))) return undefined;
  if (ok && !facts.multi && asksForDiagnostics(facts)) return behindQuestion(disturbed, statement);
  // What has run before it failed counts on MariaDB.
  if (!ok && isMariadb && !failedBeforeRunning(error) && (isSelect(statement) || hasSubquery(statement))) return undefined;
  if (!ok) return { ...disturbed, rowCount: OWN.rowCount, leftMore: false, told: true };
  // On MariaDB what a statement before has told is still there.
  const told = warnings > 0 || (isMariadb && disturbed.told === true);
  return keepsFoundRows(statement, facts) ? { ...disturbed, rowCount: 0, leftMore: false, told } : undefined;
}

/** SHOW WARNINGS and SHOW ERRORS leave FOUND_ROWS() alone, GET DIAGNOSTICS all; SHOW COUNT(*) ... is a SELECT. */
function behindQuestion(disturbed: Disturbed, statement: Statement): Disturbed | undefined {
  const text = textOf(statement)?.toString('latin1', 0, 32) ?? '';
  if (/^\s*get\b/i.test(text)) return disturbed;
  return /^\s*show\s+(?:warnings|errors)\b/i.test(text) ? { ...disturbed, rowCount: OWN.rowCount } : undefined;
}

/** It gives a result set, which sets all there is. */
export function isSelect(statement: Statement): boolean {
  const text = textOf(statement);
  return text !== undefined && /^[\s(]*select\b/i.test(text.toString('latin1', 0, 32));
}

function keepsFoundRows(statement: Statement, facts: StatementFacts): boolean {
  if (facts.multi || facts.mayChangeState) return false;
  return facts.kind === 'transaction' || (facts.kind === 'set' && !hasSubquery(statement));
}

/** Its rows are counted in a SET, also of one that fails (MariaDB), and not where they need not be read at all: nobody knows beforehand. */
function hasSubquery(statement: Statement): boolean {
  return /\bselect\b/i.test(textOf(statement)?.toString('latin1', 0, 4_096) ?? '');
}

/** @param elsewhere nothing is known of what is there now; else what a SELECT of ours has left */
function steps({ foundRows, rowCount, leftMore, lost, variable }: Disturbed, elsewhere: boolean): string[] {
  if (rowCount === 1 && !elsewhere) {
    if (variable === undefined) return [];
    const name = quoted(variable);
    return [`SELECT ${name} INTO ${name}${foundRows === 0 ? '' : ' FROM (SELECT 1) AS pointsman'}`];
  }
  const list: string[] = [];
  if (foundRows !== OWN.foundRows || leftMore || lost === true || elsewhere) list.push(rows(foundRows));
  if (rowCount === 0) list.push(NO_EFFECT);
  return list;
}

/** A SELECT without tables after which FOUND_ROWS() gives `count`. */
function rows(count: number): string {
  if (count <= 1) return `SELECT 1${count === 0 ? ' FROM (SELECT 1) AS pointsman LIMIT 0' : ''}`;
  const wanted = Math.min(count, MOST_ROWS);
  const digits = String(wanted - 1).length;
  const ten = `SELECT 0 AS d${Array.from({ length: 9 }, (_, i) => ` UNION ALL SELECT ${i + 1}`).join('')}`;
  const from = Array.from({ length: digits }, (_, i) => `(${ten}) AS t${i}`).join(',');
  const number = Array.from({ length: digits }, (_, i) => `t${i}.d*${10 ** i}`).join('+');
  // Few are fetched, since SQL_CALC_FOUND_ROWS is worth a warning to MySQL from 8.0.17.
  const few = wanted <= 1_000;
  return `SELECT ${few ? '' : 'SQL_CALC_FOUND_ROWS '}1 FROM ${from} WHERE ${number}<${wanted} LIMIT ${few ? wanted : 0}`;
}
