import type { Ruling } from '../routing/rules/ruling.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** Longest text in a line of the log, in characters. */
const MAX_LENGTH = 4096;

/** The line of rules with `log`: who, what and by which rules, literals only where `log.sql` says so. */
export function logRuling(session: Session, { asked }: Statement, ruling: Ruling): void {
  const { log, logSql } = session.services;
  const { user, address: client } = session.identity;
  const sql = asked === undefined ? undefined : logSql === 'full' ? asked.sql.toString('utf8', 0, MAX_LENGTH) : asked.digest.text;
  log.info(
    {
      session: session.opening.id,
      user,
      client,
      rules: ruling.acting.map(({ name }) => name),
      sql: sql?.slice(0, MAX_LENGTH),
      digest: asked?.digest.hash,
      database: session.state.schema,
    },
    'a statement that a rule logs',
  );
}
