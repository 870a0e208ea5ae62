import type { Statement } from './statement.js';

/** Longer texts are not looked through. */
const MOST_BYTES = 4_096;

/** What may make the OK's id differ from what LAST_INSERT_ID() gives. */
const UNSURE = /\bduplicate\b|\bselect\b|\bload\b|\bignore\b|@|\?|\bcall\b|\bexecute\b/i;

/**
 * What LAST_INSERT_ID() gives after a statement whose OK brought this id. The OK also brings an id that the client has given itself, which changes nothing
 * (measured on both servers): then that number stands in the text. Undefined: cannot be told.
 */
export function insertIdOf(id: bigint, statement: Statement): string | undefined {
  const { facts, sql } = statement;
  if (facts === undefined || facts.multi || facts.mayChangeState) return undefined;
  if (facts.effects.some(({ kind }) => kind === 'last-insert-id')) return String(id);
  const text = sql ?? (statement.prepared?.parameters === 0 ? statement.prepared.text : undefined);
  if (text === undefined || text.length > MOST_BYTES) return undefined;
  const words = text.toString('latin1');
  return words.includes(String(id)) || UNSURE.test(words) ? undefined : String(id);
}
