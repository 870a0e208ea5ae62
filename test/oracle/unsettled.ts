import type { Flavor } from '../servers/servers.js';
import type { Operation } from './operation.js';

/**
 * Why an operation is left out on both sides. Each is counted, printed, and capped:
 * - `after a loss`: warnings, ROW_COUNT() and FOUND_ROWS() of the last statement died with its server, without warning; LAST_INSERT_ID() too where a
 *   routine asks for it (a statement that names it is told by 9502)
 * - `first FOUND_ROWS()`: the first one of a session, in one statement with something else, behind a statement that wrote: see src/session/README.md
 * - `old warnings`: MariaDB clears its diagnostics area only for statements with tables, so it may be of any statement before
 * - `statement reset`: servers count COM_STMT_RESET as a statement of 0 rows
 * - `rows of a failure`: MySQL gives what a statement had found when it failed, but only from the next write on, and else what was before
 * - `typed by a PREPARE`: MariaDB gives a variable the type of the parameter that a PREPARE assigns to it, there and then
 * - `refused as a write`: warnings of a write that was refused for another reason (see `play.ts`)
 */
export type LeftOut =
  | 'after a loss'
  | 'first FOUND_ROWS()'
  | 'old warnings'
  | 'statement reset'
  | 'rows of a failure'
  | 'typed by a PREPARE'
  | 'refused as a write';

/** Asks about the statement before, in whatever way. */
const ABOUT_LAST = /FOUND_ROWS|ROW_COUNT|WARNINGS|ERRORS|warning_count|error_count|DIAGNOSTICS|RESIGNAL|p_last/i;
/** Shows the diagnostics area. */
const DIAGNOSTICS = /WARNINGS|ERRORS|warning_count|error_count|DIAGNOSTICS|RESIGNAL/i;
/** Those of `schema`; MariaDB clears its diagnostics area for them. */
const WITH_TABLE = /\b(FROM|INTO|UPDATE|JOIN|TABLE)\s+(item|part|plain|joined|calling|missing|temp|scratch)\b/i;
/** Gives all of them new values. */
const SETTLES = /^\s*(SELECT|TABLE|WITH)\b(?!.*\bINTO\b)(?!.*;)/i;
/** Asks for FOUND_ROWS() in one statement with something else of the last one. */
const ROWS_AND_MORE = /FOUND_ROWS(?=.*(ROW_COUNT|warning_count))|(ROW_COUNT|warning_count)(?=.*FOUND_ROWS)|p_last/i;
/** Asks for LAST_INSERT_ID() where it can be seen, and where it cannot. */
const ASKS_FOR_ID = /LAST_INSERT_ID|@@identity/i;
const ASKS_FOR_ID_INSIDE = /p_last/i;
/** A function that reads a user variable; and what shows one, so that the type of a NULL is seen. */
const READS_INSIDE = /f_variable|p_rows|p_prepare/i;
const SHOWS_VARIABLES = /^\s*\(?select\b.*(?<!@)@\w(?!.*\bINTO\b)|^\s*(call|execute)\b/i;
/** Errors of a statement that has begun to run, and statements that find rows. */
const WHILE_RUNNING: ReadonlySet<number> = new Set([1048, 1062, 1172, 1242, 1264, 1292, 1365, 1366, 1406, 1442, 1690]);
const FINDS = /\bselect\b|^\s*(update|do|table|with)\b/i;
const ASKS_FOR_ROWS = /FOUND_ROWS|p_last/i;
const ASSIGNS_PARAMETER = /\bset @\w+ = \?/i;
const ASSIGNS = /@a\s*:?=(?!\s*\?)|\binto\b.*@a\b/i;
/** The function in the view names a table that a temporary one may have hidden: nobody can see that in the text. */
const HIDES_TABLES = /\bwriting\b/i;

/** From such a statement on the proxy carries FOUND_ROWS() along. */
const MAKES_IT_CARRY = /(?<!CALC_)FOUND_ROWS|^\s*(CALL|EXECUTE|PREPARE)\b|\bf_\w+\(/i;

/** What of the last statement can be asked for now, so that both sides must give the same. */
export class Unsettled {
  is = false;
  readonly #isMariadb: boolean;
  /** The diagnostics area is the last statement's for certain. */
  #diagnosed = true;
  #carried = false;
  /** The last statement was no read, so that its ROW_COUNT() or warnings are its own, and FOUND_ROWS() is of an earlier one. */
  #wrote = false;
  #wasReset = false;
  #failedMidway = false;
  #refused = false;
  /** What LAST_INSERT_ID() gave may have died with a server, and only a statement that names it is told so. */
  #idUntold = false;
  /** A function has read a variable that was never set, which makes it a NULL of a type; and the server on which it is one was lost. */
  #nullMade = false;
  #nullLost = false;
  #temporaryMade = false;
  #typed = false;
  #temporaryLost = false;
  readonly #texts = new Map<string, string>();

  constructor(flavor: Flavor) {
    this.#isMariadb = flavor === 'mariadb';
  }

  moved(): void {
    this.is = true;
    this.#idUntold = true;
    this.#nullLost ||= this.#nullMade;
    this.#temporaryLost ||= this.#temporaryMade;
  }

  /** Why an operation makes no sense now; undefined: it does. */
  skips(operation: Operation): LeftOut | undefined {
    if (operation.do === 'prepare') this.#texts.set(operation.name, operation.sql);
    const text = this.textOf(operation);
    if (this.is && ABOUT_LAST.test(text)) return 'after a loss';
    if (this.#idUntold && ASKS_FOR_ID_INSIDE.test(text)) return 'after a loss';
    const shown = operation.do === 'prepare' ? operation.sql : text;
    if (this.#nullLost && SHOWS_VARIABLES.test(shown)) return 'after a loss';
    if (this.#typed && SHOWS_VARIABLES.test(shown)) return 'typed by a PREPARE';
    if (this.#temporaryLost && HIDES_TABLES.test(text)) return 'after a loss';
    if (this.#failedMidway && ASKS_FOR_ROWS.test(text)) return 'rows of a failure';
    if (this.#refused && DIAGNOSTICS.test(text)) return 'refused as a write';
    if (this.#wrote && !this.#carried && ROWS_AND_MORE.test(text)) return 'first FOUND_ROWS()';
    if (this.#isMariadb && !this.#diagnosed && DIAGNOSTICS.test(text)) return 'old warnings';
    return this.#wasReset && ABOUT_LAST.test(text) ? 'statement reset' : undefined;
  }

  /** After any operation. */
  answered(operation: Operation, error: number): void {
    const text = this.textOf(operation);
    const failed = error !== 0;
    this.#failedMidway ||= !this.#isMariadb && WHILE_RUNNING.has(error) && FINDS.test(text);
    if (text !== '' && !DIAGNOSTICS.test(text)) this.#refused = false;
    this.#diagnosed = failed || WITH_TABLE.test(text) || (this.#diagnosed && DIAGNOSTICS.test(text));
    if (ASKS_FOR_ID.test(text)) this.#idUntold = false;
    if (operation.do === 'prepare') this.#typed ||= this.#isMariadb && ASSIGNS_PARAMETER.test(operation.sql);
    else if (!failed && (ASSIGNS.test(text) || ASSIGNS_PARAMETER.test(text))) this.#typed = false;
    this.#temporaryMade ||= /\btemporary\b/i.test(text);
    this.#nullMade ||= READS_INSIDE.test(text);
    this.#carried ||= MAKES_IT_CARRY.test(text);
    this.#wasReset = operation.do === 'reset' || (this.#wasReset && text === '');
    if (text !== '') this.#wrote = failed || !SETTLES.test(text);
  }

  /** It was answered without an error. */
  saw(operation: Operation): void {
    if (operation.do !== 'query' || !SETTLES.test(operation.sql)) return;
    this.is = false;
    this.#failedMidway = false;
  }

  /** It was refused on both sides, for different reasons. */
  refused(): void {
    this.#refused = true;
  }

  /** What it runs; empty for what runs nothing. */
  textOf(operation: Operation): string {
    if (operation.do === 'query') return operation.sql;
    return operation.do === 'execute' ? (this.#texts.get(operation.name) ?? '') : '';
  }
}
