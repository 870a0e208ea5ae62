import type { SocketError } from '../net/socket-error.js';
import { drop } from './attach.js';
import type { Attachment } from './attachment.js';
import { count } from './count-outcome.js';
import { idleLimitMs } from './idle-limit.js';
import { keepWhatWasLost } from './keep-what-was-lost.js';
import type { Session } from './session.js';

/**
 * A connection that waited while another one was in use is gone without our doing. Mostly nobody misses it: it is opened again when it is
 * needed. Only a server that ended it by its own will (KILL), and not for being idle, which the client was not, ends the session.
 */
export async function parkedLost(session: Session, attachment: Attachment, error: SocketError | undefined): Promise<void> {
  if (session.phase === 'closed' || !session.parked.includes(attachment)) return;
  keepWhatWasLost(session, attachment);
  drop(session, attachment);
  session.lostOn = attachment.backend;
  const { link } = attachment.cluster;
  link.report({
    backend: attachment.backend,
    kind: error === undefined ? 'ended' : 'reset',
    detail: error?.message ?? 'connection closed',
  });
  if (error !== undefined || idledTooLong(session, attachment)) return;
  const verdict = await link.verdict(attachment.backend, attachment.connection.connectedAtMs);
  if (verdict !== 'healthy' || (session.phase as string) === 'closed') return;
  count(session, 'ended');
  if (session.phase === 'idle') session.endWithFrame(attachment.farewell);
  else session.departure.killed();
}

/** `wait_timeout` of a connection that lay idle while the client was served elsewhere. */
function idledTooLong(session: Session, attachment: Attachment): boolean {
  const limitMs = idleLimitMs(session);
  return limitMs !== undefined && performance.now() - attachment.restingSinceMs >= limitMs - 1_000;
}
