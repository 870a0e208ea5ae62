import { constants, createHash } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

/** What a listener shows to its clients. PEM texts. */
export interface ServerContextOptions {
  /** Chain, leaf first. */
  readonly cert: string;
  readonly key: string;
  /** Clients are asked for a certificate, which one of these must have signed. */
  readonly clientCa?: string | undefined;
  readonly minVersion: '1.2' | '1.3';
  /** 48 bytes, the same in all processes that serve the listener: a client that comes back to another process resumes its session there. */
  readonly ticketKeys: Buffer;
  /** Sessions are resumed only where this is the same. */
  readonly name: string;
}

/** How long a client may resume a session: as MySQL's ssl_session_cache_timeout. */
const SESSION_SECONDS = 300;

/**
 * Forward secrecy and AES-GCM or ChaCha20 for everybody who knows them; CBC with SHA-2 last, for the clients of old systems that MySQL 8.0
 * itself still takes.
 */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384',
].join(':');

/** OpenSSL's SSL_OP_NO_RENEGOTIATION, which Node has no name for. TLS 1.2 clients could make us work with it, and none needs it. */
const NO_RENEGOTIATION = 0x4000_0000;

/** What TLS towards clients is made of. @throws OpenSSL's error when certificate and key do not fit or cannot be read. */
export function serverContext(options: ServerContextOptions): SecureContext {
  const { cert, key, clientCa, minVersion, ticketKeys, name } = options;
  // A resumed session is not verified again: with other authorities, earlier sessions must not count.
  const sessionIdContext = createHash('sha256')
    .update(`${name}\0${clientCa ?? ''}`)
    .digest('hex')
    .slice(0, 32);
  return createSecureContext({
    cert,
    key,
    // Without a list Node would read in its own, which nobody asks for on this side.
    ca: clientCa ?? [],
    minVersion: minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_COMPRESSION | NO_RENEGOTIATION,
    sessionIdContext,
    sessionTimeout: SESSION_SECONDS,
    ticketKeys,
  });
}
