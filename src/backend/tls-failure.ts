/** What to write about a failed handshake: what was wrong, and what to do. Patterns fit codes of Node and OpenSSL and, in capitals, their texts. */
const KNOWN: readonly (readonly [pattern: RegExp, what: string])[] = [
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_REQUIRED|CERTIFICATE_EXPIRED|DECRYPT_ERROR)/,
    'it refuses the certificate that we show: look at clusters.*.tls.certFile, and at the ssl_ca of the server',
  ],
  [/CERT(IFICATE)?_HAS_EXPIRED/, 'its certificate, or that of its authority, has expired: renew it on the server'],
  [/CERT(IFICATE_IS)?_NOT_YET_VALID/, 'its certificate is not valid yet: compare the clocks'],
  [
    /ALTNAME_INVALID|DOES_NOT_MATCH_CERTIFICATE/,
    'its certificate is for other names: write the backend with a name from the certificate, or use "tls": { "mode": "verify-ca" }',
  ],
  [
    /UNABLE_TO_(VERIFY_(LEAF_SIGNATURE|THE_FIRST_CERTIFICATE)|GET_(LOCAL_)?ISSUER_CERT)|SELF[_-]SIGNED_CERT/,
    "its certificate is not signed by an authority we trust: put its authority's certificate (ca.pem in MySQL's data folder) into clusters.*.tls.caFile",
  ],
  [
    /CERT_(SIGNATURE_FAILURE|REVOKED|UNTRUSTED|REJECTED)|INVALID_PURPOSE|UNSUITABLE_CERTIFICATE|INVALID_CA|PATH_LENGTH_EXCEEDED/,
    'its certificate cannot be trusted',
  ],
  [
    /WRONG_VERSION_NUMBER|UNEXPECTED_MESSAGE|BAD_RECORD|PACKET_LENGTH_TOO_LONG/,
    'what it sent is not TLS: does something in between change the bytes?',
  ],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|WRONG_SSL_VERSION/, 'it speaks neither TLS 1.2 nor 1.3: look at its tls_version'],
  [/NO_SHARED_CIPHER|HANDSHAKE_FAILURE/, 'it found no cipher that both sides know: look at its ssl_cipher'],
  [/(KEY_TOO_SMALL|MD_TOO_WEAK)/, 'its certificate or key is weaker than OpenSSL accepts today: make a new one'],
];

/**
 * One sentence about why TLS with a server failed, for people; the caller says which server.
 * @param code of the error, Node's or OpenSSL's
 * @param message of the error, kept as the detail
 */
export function explainTlsFailure(code: string | undefined, message: string): string {
  const searched = `${code ?? ''} ${message.toUpperCase().replaceAll(' ', '_')}`;
  const what = KNOWN.find(([pattern]) => pattern.test(searched))?.[1];
  // OpenSSL's own form: thread id, error number, library, function and place around the reason.
  const detail = (/error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/.exec(message)?.[1] ?? message).trim();
  return what === undefined ? `TLS failed: ${detail}` : `TLS failed: ${what} (${detail})`;
}
