import type { SessionState } from './session-state.js';
import type { Statement } from './statement.js';

/** ASCII without quotes that depend on the sql_mode, escapes, comments and several statements. */
const PLAIN = /^[ !#-.0-9:<-[\]-~\t\r\n]*$/;
const FROM_VARIABLE = /^\s*prepare\s+(`?)[\w$]+\1\s+from\s+@(`?)([\w$.]+)\2\s*$/i;
const NAME = /^\s*prepare\s+`?([\w$]+)`?\s/i;

/** Keeps the statements that can bring state back by being repeated: SET ROLE, and PREPARE of a text that is known. */
export function rolesAndPrepares(state: SessionState, statement: Statement): void {
  const { facts, sql } = statement;
  if (facts === undefined || sql === undefined || facts.multi) return;
  for (const effect of facts.effects) {
    if (effect.kind !== 'role' && effect.kind !== 'text-prepare') continue;
    const text = sql.toString('latin1').trim();
    if (!PLAIN.test(text)) continue;
    if (effect.kind === 'role') state.roleSetBy(text);
    else prepared(state, effect.name, effect.from, text);
  }
}

function prepared(state: SessionState, name: string, from: 'literal' | 'expression', text: string): void {
  if (from === 'literal') return state.preparedBy(name, text);
  const variable = FROM_VARIABLE.exec(text)?.[3]?.toLowerCase();
  if (variable === undefined || state.userVariables.unread.has(variable)) return;
  const source = textOfLiteral(state.userVariables.values.get(variable));
  const target = NAME.exec(text)?.[1];
  if (source === undefined || target === undefined) return;
  state.preparedBy(name, `PREPARE \`${target}\` FROM '${source.replaceAll("'", "''")}'`);
}

/** The text that a user variable holds, where it is plain ASCII in a character set that has that. */
function textOfLiteral(literal: string | undefined): string | undefined {
  const [, charset, hex] = /^_([a-z0-9]+) X'([0-9a-f]*)'/.exec(literal ?? '') ?? [];
  if (charset === undefined || hex === undefined || !/^(utf8|utf8mb3|utf8mb4|latin1|ascii|binary)$/.test(charset)) return undefined;
  const text = Buffer.from(hex, 'hex').toString('latin1');
  return /^[ -[\]-~\t\r\n]*$/.test(text) ? text : undefined;
}
