/** Which half of the proxy a socket belongs to; every socket error carries it. */
export type Side = 'client' | 'backend';

/**
 * What happened to a socket. `refused`: somebody answered that nobody listens there. `reset`: the peer's host threw the connection away.
 * `timeout`: silence (also an unreachable host). `cut-frame`: the peer ended in the middle of a packet. `tls`: encryption could not be set up
 * or broke.
 */
export type SocketErrorKind = 'refused' | 'reset' | 'timeout' | 'cut-frame' | 'tls' | 'other';

const KIND_OF_SYSTEM_CODE: Readonly<Record<string, SocketErrorKind>> = {
  ECONNREFUSED: 'refused',
  // A unix socket whose server is not running: no file, or a file nobody listens on.
  ENOENT: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'timeout',
  ENETUNREACH: 'timeout',
  EHOSTDOWN: 'timeout',
  EPROTO: 'tls',
};

const STABLE_CODE = {
  refused: 'PM_NET_REFUSED',
  reset: 'PM_NET_RESET',
  timeout: 'PM_NET_TIMEOUT',
  'cut-frame': 'PM_NET_CUT_FRAME',
  tls: 'PM_NET_TLS',
  other: 'PM_NET_OTHER',
} as const satisfies Record<SocketErrorKind, string>;

/** A socket's failure, stamped with its side where it happened. `code` is stable; `systemCode` is the operating system's or OpenSSL's word. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  readonly side: Side;
  readonly kind: SocketErrorKind;
  readonly code: string;
  readonly systemCode: string | undefined;

  constructor(side: Side, kind: SocketErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.side = side;
    this.kind = kind;
    this.code = STABLE_CODE[kind];
    this.systemCode = systemCodeOf(cause);
  }

  /** Stamps an error that Node reported for a socket of `side`. */
  static from(side: Side, cause: unknown): SocketError {
    if (cause instanceof SocketError) return cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    return new SocketError(side, kindOf(systemCodeOf(cause)), message, cause);
  }
}

function systemCodeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

function kindOf(systemCode: string | undefined): SocketErrorKind {
  if (systemCode === undefined) return 'other';
  const known = KIND_OF_SYSTEM_CODE[systemCode];
  if (known !== undefined) return known;
  // OpenSSL's and Node's names for failed handshakes and certificates.
  return /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_OSSL_)/.test(systemCode) ? 'tls' : 'other';
}
