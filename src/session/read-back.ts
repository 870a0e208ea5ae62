import type { BackendConnection } from '../backend/dial-request.js';
import { decodeTextRow } from '../protocol/text-row.js';
import type { StatementFacts } from '../sql/facts.js';
import { exchangeQuery } from './exchange.js';
import type { Session } from './session.js';

/**
 * MariaDB's trackers say nothing of `SET @@x = ...` (without `session.`): the values are asked for after the statement, also after one that failed, which may have
 * set some. The next command waits until that is done. False: there is nothing to ask.
 */
export function readBack(session: Session, facts: StatementFacts | undefined): boolean {
  const { attachment } = session;
  const names = facts === undefined || facts.effects.length === 0 ? [] : untracked(facts);
  if (attachment === undefined || names.length === 0) return false;
  session.phase = 'placing';
  void ask(session, attachment.connection, names).then(() => {
    if (session.phase !== 'placing' || session.statement !== undefined) return;
    session.phase = 'idle';
    session.nextCommand();
  });
  return true;
}

/** Only what is surely a variable's name goes into the question. */
function untracked(facts: StatementFacts): string[] {
  const names = new Set<string>();
  for (const effect of facts.effects) {
    const isOne = effect.kind === 'system-variable' && effect.untracked === true && effect.scope === 'session';
    if (isOne && /^[a-z0-9_]+$/.test(effect.name)) names.add(effect.name);
  }
  return [...names];
}

async function ask(session: Session, connection: BackendConnection, names: readonly string[]): Promise<void> {
  const sql = `SELECT ${names.map((name) => `@@session.${name}`).join(',')}`;
  const end = await exchangeQuery(connection, sql, session.cluster.connectTimeoutMs);
  const row = end.kind === 'ok' ? end.rows[0] : undefined;
  if (row === undefined) return;
  const values = decodeTextRow(row);
  session.state.learn({ variables: names.map((name, index) => [name, values[index]?.toString('utf8') ?? ''] as const) });
}
