import t from 'tap';
import { SocketError } from '../../../src/net/socket-error.js';

const error = (code: string) => Object.assign(new Error(`it failed: ${code}`), { code });

t.test('kind and stable code by the system’s word', async (t) => {
  const kinds: Record<string, [string, string]> = {
    ECONNREFUSED: ['refused', 'PM_NET_REFUSED'],
    ENOENT: ['refused', 'PM_NET_REFUSED'],
    ECONNRESET: ['reset', 'PM_NET_RESET'],
    EPIPE: ['reset', 'PM_NET_RESET'],
    ETIMEDOUT: ['timeout', 'PM_NET_TIMEOUT'],
    EHOSTUNREACH: ['timeout', 'PM_NET_TIMEOUT'],
    ERR_SSL_WRONG_VERSION_NUMBER: ['tls', 'PM_NET_TLS'],
    DEPTH_ZERO_SELF_SIGNED_CERT: ['tls', 'PM_NET_TLS'],
    CERT_HAS_EXPIRED: ['tls', 'PM_NET_TLS'],
    ERR_TLS_CERT_ALTNAME_INVALID: ['tls', 'PM_NET_TLS'],
    EMFILE: ['other', 'PM_NET_OTHER'],
  };
  for (const [systemCode, [kind, code]] of Object.entries(kinds)) {
    t.match(SocketError.from('backend', error(systemCode)), {
      side: 'backend',
      kind,
      code,
      systemCode,
      message: `it failed: ${systemCode}`,
    });
  }
});

t.test('a SocketError stays itself; anything else is wrapped', async (t) => {
  const first = SocketError.from('client', error('ECONNRESET'));
  t.equal(SocketError.from('backend', first), first);
  t.match(SocketError.from('client', 'a string'), { kind: 'other', message: 'a string', systemCode: undefined });
  t.equal(first.cause instanceof Error, true);
});
