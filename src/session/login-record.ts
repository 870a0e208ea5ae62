import type { Credential } from '../protocol/auth/secret.js';
import type { Session } from './session.js';

/** A server let the session's account in with this, now. */
export function loginProven(session: Session, credential: Credential): void {
  const { identity, cluster, state } = session;
  cluster.proven.prove(identity.user, credential, state.schema);
  cluster.secrets.proven(identity.user, credential);
}

/** A server refused what had been proven before: it may not be believed any more. */
export function loginRefused(session: Session): void {
  const { identity, cluster } = session;
  cluster.proven.forget(identity.user);
  cluster.secrets.refused(identity.user);
}
