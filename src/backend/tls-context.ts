import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';

/** Authorities to check servers against and a certificate to show them. PEM texts. */
export interface BackendCertificates {
  /** Undefined: the authorities Node knows. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * What all encrypted connections to a cluster's servers share: the certificates, read in once, and each server's latest session, so that the
 * next connection to it is spared the key exchange. Replaced as a whole when the certificates change: a resumed session is not verified again.
 */
export class BackendTlsContext {
  readonly secureContext: SecureContext;
  readonly #sessions = new Map<string, Buffer>();

  /**
   * @param verifies servers will be checked; where they are not, the authorities Node knows need not be read in
   * @throws OpenSSL's error for certificates that cannot be used
   */
  constructor(certificates: BackendCertificates, verifies: boolean) {
    const { ca = verifies ? undefined : [], ...pair } = certificates;
    // Every server worth the name speaks TLS 1.2; MySQL 8.0.15 nothing newer.
    this.secureContext = createSecureContext({ ...pair, ...(ca !== undefined && { ca }), minVersion: 'TLSv1.2' });
  }

  /** The session to resume with a server. @param server names it together with what it is checked for */
  session(server: string): Buffer | undefined {
    return this.#sessions.get(server);
  }

  /** Keeps what the server gives for resuming; with TLS 1.3 that comes after the handshake. */
  remember(server: string, tls: TLSSocket): void {
    tls.once('session', (session) => this.#sessions.set(server, session));
  }

  forget(server: string): void {
    this.#sessions.delete(server);
  }
}
