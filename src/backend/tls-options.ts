import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { BackendAddress, BackendTls } from './dial-request.js';

/** Node's options for TLS towards a backend. */
export function tlsOptions({ mode, context }: BackendTls, address: BackendAddress): ConnectionOptions {
  const verified = mode === 'verify-ca' || mode === 'verify-identity';
  const session = context?.session(serverKey(address));
  const name = address.certificateName ?? address.host;
  return {
    // Used by Node as the name to check the certificate for; the connection itself is there already.
    host: name,
    // A server name indication may only be a name.
    ...(isIP(name) === 0 && address.path === undefined && { servername: name }),
    ...(context === undefined ? { minVersion: 'TLSv1.2' } : { secureContext: context.secureContext }),
    ...(session !== undefined && { session }),
    rejectUnauthorized: verified,
    // Undefined means: the name is fine.
    ...(mode !== 'verify-identity' && { checkServerIdentity: () => undefined }),
  };
}

/** Under which a server's session is kept. */
export function serverKey({ host, port, path }: BackendAddress): string {
  return path ?? `${host}:${port}`;
}
