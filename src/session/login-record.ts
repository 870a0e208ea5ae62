import type { Credential } from '../protocol/auth/secret.js';
import type { Session } from './session.js';

/** A server let the session's account in with this, now. */
export function loginProven(session: Session, credential: Credential): void {
  const { identity, cluster, state } = session;
  cluster.proven.prove(identity.user, credential, state.schema);
  cluster.secrets.proven(identity.user, credential);
}

/** 1044 and 1049: the server let the account in and refused the database, so the secret stays as proven as it was. */
const ABOUT_DATABASE: ReadonlySet<number> = new Set([1044, 1049]);

/** A server refused, with error `code`, what had been proven before: it may not be believed any more. */
export function loginRefused(session: Session, code: number): void {
  if (ABOUT_DATABASE.has(code)) return;
  const { identity, cluster } = session;
  cluster.proven.forget(identity.user);
  cluster.secrets.refused(identity.user);
}
