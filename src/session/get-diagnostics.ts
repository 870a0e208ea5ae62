import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/** GET DIAGNOSTICS that reads no variable: what those that it sets were before does not matter to it. */
export function onlyAssigns(statement: Statement): boolean {
  return textStart(statement, /^\s*get\b/i) && !textStart(statement, /\bcondition\s*@/i);
}

/** GET DIAGNOSTICS of a condition that is not there warns, and sets nothing (both servers). */
export function assignsNothing(statement: Statement, warnings: number): boolean {
  return warnings > 0 && textStart(statement, /^\s*get\b/i);
}

function textStart(statement: Statement, pattern: RegExp): boolean {
  return pattern.test(textOf(statement)?.toString('latin1', 0, 256) ?? '');
}
