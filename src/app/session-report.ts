import { peerCertificate, subjectText } from '../client/peer-certificate.js';
import { pinReasons } from '../session/pins.js';
import type { Session } from '../session/session.js';

/** One session as `/api/v1/sessions` shows it; no secrets, no SQL. */
export interface SessionReport {
  readonly id: number;
  readonly user: string;
  readonly client: string;
  readonly cluster: string;
  readonly route: string;
  readonly phase: string;
  readonly backend: string | undefined;
  /** The server's own id of the backend connection. */
  readonly backendThread: number | undefined;
  /** Further connections of it that wait while the first is in use: a split session has one to the primary and one to a replica. */
  readonly parked: readonly { readonly backend: string; readonly backendThread: number }[];
  readonly schema: string | undefined;
  readonly inTransaction: boolean;
  /** Why it cannot move without losing something. */
  readonly pinReasons: readonly string[];
  readonly tls: boolean;
  /** Subject of the certificate the client has shown. */
  readonly certificate: string | undefined;
}

export function sessionReport(session: Session): SessionReport {
  const { opening, identity, attachment, state } = session;
  const certificate = peerCertificate(session.client);
  return {
    id: opening.id,
    user: identity.user,
    client: identity.address,
    cluster: session.cluster.name,
    route: opening.route,
    phase: session.phase,
    backend: attachment?.backend,
    backendThread: attachment?.connection.threadId,
    parked: session.parked.map(({ backend, connection }) => ({ backend, backendThread: connection.threadId })),
    schema: state.schema,
    inTransaction: session.inTransaction,
    pinReasons: pinReasons(session),
    tls: identity.usesTls,
    certificate: certificate && subjectText(certificate),
  };
}
