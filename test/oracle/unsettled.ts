import type { Operation } from './operation.js';

/** Asks about the statement before, in whatever way. */
const ABOUT_LAST = /FOUND_ROWS|ROW_COUNT|WARNINGS|ERRORS|warning_count|error_count|DIAGNOSTICS|RESIGNAL|p_last/i;
/** Shows the diagnostics area. */
const DIAGNOSTICS = /WARNINGS|ERRORS|warning_count|error_count|DIAGNOSTICS|RESIGNAL/i;
/** MariaDB clears that area only for statements with tables, so it may be of any statement before. */
const WITH_TABLE = /\b(FROM|INTO|UPDATE|JOIN|TABLE)\s+(item|part|plain|joined|calling|missing|temp|scratch)\b/i;
/** Gives all of them new values. */
const SETTLES = /^\s*(SELECT|TABLE|WITH)\b(?!.*\bINTO\b)(?!.*;)/i;

/**
 * Warnings, ROW_COUNT() and FOUND_ROWS() of the last statement are gone with its server when that goes without warning, as a move in
 * the middle of nowhere does it. So nobody asks for them until a read has set them anew; all else is asked at once.
 */
export class Unsettled {
  is = false;
  /** The diagnostics area is the last statement's for certain. */
  #diagnosed = true;
  readonly #texts = new Map<string, string>();

  moved(): void {
    this.is = true;
  }

  /** An operation that makes no sense now: it is left out on both sides. */
  skips(operation: Operation): boolean {
    if (operation.do === 'prepare') this.#texts.set(operation.name, operation.sql);
    const text = this.#textOf(operation);
    return (this.is && ABOUT_LAST.test(text)) || (!this.#diagnosed && DIAGNOSTICS.test(text));
  }

  /** After any operation. */
  answered(operation: Operation, failed: boolean): void {
    const text = this.#textOf(operation);
    this.#diagnosed = failed || WITH_TABLE.test(text) || (this.#diagnosed && DIAGNOSTICS.test(text));
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
