import type { TLSSocket } from 'node:tls';
import type { PacketSocket } from '../net/packet-socket.js';

/** The certificate a client has shown. */
export interface PeerCertificate {
  /** Attributes of its subject by type (OpenSSL's short names in lower case), in the order of the certificate. */
  readonly subject: ReadonlyMap<string, readonly string[]>;
  /** Alternative names with their kind: `DNS:app.example.org`, `URI:spiffe://...`. */
  readonly altNames: readonly string[];
  /** Why it is not to be believed (no authority of ours signed it, expired, not made for clients); undefined: it is good. */
  readonly flaw: string | undefined;
}

/** The certificate that the client on this connection has shown; undefined where it showed none, was not asked, or has no TLS. */
export function peerCertificate({ tls }: Pick<PacketSocket, 'tls'>): PeerCertificate | undefined {
  if (tls === undefined) return undefined;
  // Empty without a certificate, and null on a closed connection, whatever the types say.
  const shown = tls.getPeerCertificate(false) as Partial<ReturnType<TLSSocket['getPeerCertificate']>> | null;
  const { subject, subjectaltname } = shown ?? {};
  if (subject === undefined) return undefined;
  const fields = Object.entries(subject).map(
    ([type, value]) => [type.toLowerCase(), Array.isArray(value) ? value : [String(value)]] as const,
  );
  return { subject: new Map(fields), altNames: splitAltNames(subjectaltname ?? ''), flaw: flawOf(tls) };
}

/** `CN=app,O=Example`, for the log. */
export function subjectText({ subject }: PeerCertificate): string {
  return [...subject].flatMap(([type, values]) => values.map((value) => `${type.toUpperCase()}=${value}`)).join(',');
}

/**
 * OpenSSL's verdict. Node asks for it only where tls.Server made the socket (there it becomes `authorized`), so it is asked for the same way
 * here. Should a Node have it no more, nobody is believed.
 */
function flawOf(tls: TLSSocket): string | undefined {
  const handle: unknown = '_handle' in tls ? tls._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('verifyError' in handle) || typeof handle.verifyError !== 'function') {
    return 'it cannot be verified with this version of Node';
  }
  const error: unknown = handle.verifyError();
  if (error === null || error === undefined) return undefined;
  return error instanceof Error ? error.message : String(error);
}

/** `DNS:a, URI:"b, c"`: values with commas, quotes or line breaks are written as JSON text. */
function splitAltNames(text: string): string[] {
  return [...text.matchAll(/([^:,\s][^:,]*:)("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)].map(([, kind = '', value = '']) => {
    if (!value.startsWith('"')) return kind + value;
    try {
      return kind + String(JSON.parse(value));
    } catch {
      return kind + value;
    }
  });
}
