import { Command } from '../protocol/commands.js';
import { DependsOn } from '../sql/facts.js';
import { stateLost } from './client-errors.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { mentions } from './statement-digest.js';

/** Answers with 9502 where a statement comes to state that died with a server. True when it has been answered. */
export function reportLostState(session: Session, statement: Statement): boolean {
  const { lostState, state } = session;
  if (statement.command.code === Command.RESET_CONNECTION || statement.command.code === Command.CHANGE_USER) return false;
  // CREATE or DROP TEMPORARY TABLE makes the name mean something certain again.
  if (statement.facts !== undefined) lostState.settle(statement.facts.effects);
  const asks = ((statement.about?.dependsOn ?? 0) & DependsOn.lastInsertId) !== 0;
  const lost = lostState.report((table) => mentions(statement, table, state.dialect), asks);
  if (lost === undefined) return false;
  session.cluster.link.outcome('state-lost');
  session.services.stats.outcome('state-lost');
  session.answerError(stateLost(lost, lostState.backend));
  return true;
}
