import type { BackendConnection } from '../../backend/dial-request.js';
import type { Session } from '../session.js';
import { askBackend } from './ask-backend.js';

/**
 * Stops what runs on a session's backend connection: KILL QUERY by the account itself on a connection of its own. Nobody waits for it;
 * a failure costs no more than the server finishing a read in vain.
 */
export function killAbandoned(session: Session, victim: BackendConnection): void {
  askBackend(session, victim.backend, `KILL QUERY ${victim.threadId}`, victim, (outcome) => {
    if (outcome.kind === 'ok') return;
    const error = outcome.kind === 'err' ? outcome.err.message : outcome.why;
    session.services.log.warn({ backend: victim.backend, thread: victim.threadId, error }, 'could not stop an abandoned read');
  });
}
