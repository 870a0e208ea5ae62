import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { BackendAddress, BackendTls } from './dial-request.js';

/** Node's options for TLS towards a backend. */
export function tlsOptions(tls: BackendTls, address: BackendAddress): ConnectionOptions {
  const verified = tls.mode === 'verify-ca' || tls.mode === 'verify-identity';
  return {
    // Used by Node as the name to check the certificate for; the connection itself is there already.
    host: address.host,
    // A server name indication may only be a name.
    ...(isIP(address.host) === 0 && address.path === undefined && { servername: address.host }),
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: verified,
    // Undefined means: the name is fine.
    ...(tls.mode !== 'verify-identity' && { checkServerIdentity: () => undefined }),
  };
}
