import type { SecureContext, TLSSocketOptions } from 'node:tls';

/** Encryption towards clients. `prefer`: offered; `require`: a login without it is refused (unix sockets excepted, nobody listens in there). */
export type ListenerTls = { readonly mode: 'off' } | OfferedTls;

export interface OfferedTls {
  readonly mode: 'prefer' | 'require';
  /** Asked for at every handshake: certificates are replaced while we run. */
  readonly context: SecureContext;
  /** Clients are asked for a certificate; one that is shown must be good, and with `require` one must be shown. */
  readonly clientCertificate?: 'ask' | 'require' | undefined;
}

/** Node's options for one handshake. Whether the client's certificate is good is not Node's to decide: see peer-certificate.ts. */
export function serverTlsOptions({ context, clientCertificate }: OfferedTls): TLSSocketOptions {
  return { secureContext: context, ...(clientCertificate !== undefined && { requestCert: true, rejectUnauthorized: false }) };
}
