import { restoreStatement } from '../backend/session-restore.js';
import { decodeOk } from '../protocol/ok.js';
import { exchangeQuery } from './exchange.js';
import { learnSqlMode } from './restore.js';
import type { Session } from './session.js';

/** Switches the session trackers on again where the server switched them off; the next command waits until that is done. */
export function rearm(session: Session): void {
  const { attachment } = session;
  if (attachment === undefined) return;
  session.phase = 'placing';
  const statement = restoreStatement(attachment.flavor, { variables: [], userVariables: [] }, true);
  void exchangeQuery(attachment.connection, statement, session.cluster.connectTimeoutMs).then((end) => {
    if (end.kind === 'ok') learnSqlMode(session, decodeOk(end.first, attachment.connection.capabilities).sessionTrack);
    if (session.phase !== 'placing') return;
    session.phase = 'idle';
    session.nextCommand();
  });
}
