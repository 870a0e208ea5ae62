import { Command } from '../protocol/commands.js';
import { DependsOn } from '../sql/facts.js';
import { stateLost } from './client-errors.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { mentions, textOf } from './statement-digest.js';

/** Answers with 9502 where a statement comes to state that died with a server. True when it has been answered. */
export function reportLostState(session: Session, statement: Statement): boolean {
  const { lostState, state } = session;
  if (statement.command.code === Command.RESET_CONNECTION || statement.command.code === Command.CHANGE_USER) return false;
  const opaque = statement.facts?.mayChangeState ?? statement.traits.mayCommit;
  const asks = asksForInsertId(session, statement);
  const lost = lostState.report((table) => mentions(statement, table, state.dialect), opaque, asks, statement.facts?.effects);
  if (lost === undefined) return false;
  session.cluster.link.outcome('state-lost');
  session.services.stats.outcome('state-lost');
  session.answerError(stateLost(lost, lostState.backend));
  return true;
}

/** By itself, or by what it PREPAREs or EXECUTEs (text protocol). What a routine asks for is not seen. */
function asksForInsertId({ state }: Session, statement: Statement): boolean {
  const { about } = statement;
  if (about === undefined) return false;
  if ((about.dependsOn & DependsOn.lastInsertId) !== 0) return true;
  const hides = about.mayChangeState || about.effects.some(({ kind }) => kind === 'text-prepare');
  if (!hides || about.kind === 'call') return false;
  const text = textOf(statement)?.toString('latin1', 0, MOST_BYTES) ?? '';
  if (NAMES_IT.test(text)) return true;
  return /^\s*execute\b/i.test(text) && state.textPreparesSince(0).some(([, { sql }]) => NAMES_IT.test(sql));
}

const NAMES_IT = /last_insert_id|@@identity/i;
/** Longer texts are not looked through. */
const MOST_BYTES = 4_096;
