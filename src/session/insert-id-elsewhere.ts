import { decodeTextRow } from '../protocol/text-row.js';
import { DependsOn } from '../sql/facts.js';
import type { Attachment } from './attachment.js';
import { remember } from './diagnostics.js';
import { exchangeQuery } from './exchange.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** The connection that knows what LAST_INSERT_ID() gives, where another one is about to be asked and no answer has told it. */
export function knowsInsertId(session: Session, { about, prepares }: Statement, attachment: Attachment): Attachment | undefined {
  if (!session.state.insertIdUnread || about === undefined || prepares !== undefined || attachment.route === 'primary') return undefined;
  // A transaction stays where it begins.
  if ((about.dependsOn & DependsOn.lastInsertId) === 0 && !about.begins) return undefined;
  return session.parked.find(({ route, cluster }) => route === 'primary' && cluster === session.cluster);
}

/** Asks it, before the statement runs elsewhere. */
export async function learnInsertId(session: Session, statement: Statement, attachment: Attachment): Promise<void> {
  const home = knowsInsertId(session, statement, attachment);
  if (home === undefined) return;
  await remember(home);
  const end = await exchangeQuery(home.connection, 'SELECT LAST_INSERT_ID()', home.cluster.connectTimeoutMs);
  const row = end.kind === 'ok' ? end.rows[0] : undefined;
  const before = session.state.revision;
  // Where it cannot be had, nobody is asked again.
  session.state.learnInsertId((row && decodeTextRow(row)[0]?.toString('latin1').replaceAll('\0', '')) ?? '0');
  // There it need not be set.
  if (home.userSyncedTo === before) home.userSyncedTo = session.state.revision;
}
