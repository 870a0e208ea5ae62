import type { PacketSocket } from '../net/packet-socket.js';
import type { ListenerTls } from './listener-tls.js';
import { type PeerCertificate, peerCertificate, subjectText } from './peer-certificate.js';

/** The certificate that an account is bound to. */
export interface CertificateRule {
  /** Attributes that the subject must hold, by type in lower case; those not named do not matter. Undefined: any subject. */
  readonly subject?: readonly (readonly [type: string, value: string])[] | undefined;
  /** An alternative name it must have: `DNS:app.example.org`. */
  readonly altName?: string | undefined;
  /** The certificate proves the account; no password is asked for. */
  readonly insteadOfPassword: boolean;
}

/** What a client's certificate means for its login. `refuse` has the reason for the log; the client hears no more than "Access denied". */
export type CertificateVerdict =
  | { readonly kind: 'password' }
  | { readonly kind: 'enough' }
  | { readonly kind: 'refuse'; readonly reason: string };

const PASSWORD: CertificateVerdict = { kind: 'password' };

/**
 * Judges a login by the client's certificate, before any password.
 * @param rule of the account, if it is bound to a certificate
 */
export function judgeCertificate(
  packets: Pick<PacketSocket, 'tls'>,
  tls: ListenerTls,
  rule: CertificateRule | undefined,
): CertificateVerdict {
  const asked = tls.mode === 'off' ? undefined : tls.clientCertificate;
  if (asked === undefined)
    return rule === undefined ? PASSWORD : refuse('the account needs a client certificate, which this listener does not ask for');
  const peer = peerCertificate(packets);
  if (peer === undefined) {
    if (asked === 'require') return refuse('the listener requires a client certificate, and the client showed none');
    return rule === undefined ? PASSWORD : refuse('the account needs a client certificate, and the client showed none');
  }
  if (peer.flaw !== undefined) return refuse(`the client's certificate (${subjectText(peer)}) is not accepted: ${peer.flaw}`);
  if (rule === undefined) return PASSWORD;
  if (!fits(peer, rule)) return refuse(`the client's certificate (${subjectText(peer)}) is not the one this account is bound to`);
  return rule.insteadOfPassword ? { kind: 'enough' } : PASSWORD;
}

function refuse(reason: string): CertificateVerdict {
  return { kind: 'refuse', reason };
}

/** Of every type that the rule names, the certificate has exactly the values it names: a second CN is another certificate. */
function fits(peer: PeerCertificate, { subject = [], altName }: CertificateRule): boolean {
  for (const type of new Set(subject.map(([one]) => one))) {
    const wanted = subject.filter(([one]) => one === type).map(([, value]) => value);
    const found = (peer.subject.get(type) ?? []).toSorted();
    if (wanted.length !== found.length || wanted.toSorted().some((value, index) => value !== found[index])) return false;
  }
  return altName === undefined || peer.altNames.some((one) => sameName(one, altName));
}

/** Host names are the same in any case; anything else is taken by the letter. */
function sameName(one: string, other: string): boolean {
  return one === other || (one.startsWith('DNS:') && one.toLowerCase() === other.toLowerCase());
}
