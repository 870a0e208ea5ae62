import type { Operation } from './operation.js';

/** Asks about the statement before, in whatever way. */
const ABOUT_LAST = /FOUND_ROWS|ROW_COUNT|WARNINGS|ERRORS|warning_count|error_count|DIAGNOSTICS|RESIGNAL|p_last/i;
/** Gives all of them new values. */
const SETTLES = /^\s*(SELECT|TABLE|WITH)\b(?!.*\bINTO\b)(?!.*;)/i;

/**
 * Warnings, ROW_COUNT() and FOUND_ROWS() of the last statement are gone with its server when that goes without warning, as a move in
 * the middle of nowhere does it. So nobody asks for them until a read has set them anew; all else is asked at once.
 */
export class Unsettled {
  is = false;
  readonly #texts = new Map<string, string>();

  moved(): void {
    this.is = true;
  }

  /** An operation that makes no sense now: it is left out on both sides. */
  skips(operation: Operation): boolean {
    if (operation.do === 'prepare') this.#texts.set(operation.name, operation.sql);
    return this.is && ABOUT_LAST.test(this.#textOf(operation));
  }

  /** It was answered without an error. */
  saw(operation: Operation): void {
    if (this.is && operation.do === 'query' && SETTLES.test(operation.sql)) this.is = false;
  }

  #textOf(operation: Operation): string {
    if (operation.do === 'query') return operation.sql;
    return operation.do === 'execute' ? (this.#texts.get(operation.name) ?? '') : '';
  }
}
