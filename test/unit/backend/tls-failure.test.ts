import t from 'tap';
import { explainTlsFailure } from '../../../src/backend/tls-failure.js';

/** Codes and texts as Node 20 with OpenSSL 3 gave them; mysql2 keeps the text only. */
const SEEN: readonly (readonly [code: string, text: string, says: RegExp])[] = [
  ['CERT_HAS_EXPIRED', 'certificate has expired', /expired: renew/],
  ['CERT_NOT_YET_VALID', 'certificate is not yet valid', /compare the clocks/],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    "Hostname/IP does not match certificate's altnames: Host: db. is not in the cert's altnames: DNS:localhost",
    /for other names.*DNS:localhost/,
  ],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', /caFile/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate', /caFile/],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', /caFile/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', /caFile/],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    '40A7A4F0:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:354:\n',
    /not TLS.*\(wrong version number\)$/,
  ],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', '40:error:0A000102:SSL routines:ssl_choose_client_version:unsupported protocol:x.c:1:\n', /tls_version/],
  [
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    '40:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:x.c:1:SSL alert number 70\n',
    /tls_version/,
  ],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', '40:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:x.c:1:\n', /certFile/],
  [
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    '40:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:x.c:1:\n',
    /cipher/,
  ],
  ['ERR_SSL_EE_KEY_TOO_SMALL', '40:error:0A00018F:SSL routines::ee key too small:x.c:1:\n', /weaker/],
];

for (const [code, text, says] of SEEN) {
  t.match(explainTlsFailure(code, text), says, code);
  t.match(explainTlsFailure(undefined, text), says, `${code} by its text`);
}
t.equal(explainTlsFailure('EODD', 'something new'), 'TLS failed: something new');
