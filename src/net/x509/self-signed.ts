import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { bitString, explicit, implicit, integer, objectId, octetString, sequence, set, TRUE, time, utf8String } from './der.js';

/** A certificate and its private key, both PEM. */
export interface KeyPairPem {
  readonly cert: string;
  readonly key: string;
}

export interface SelfSignedOptions {
  readonly commonName: string;
  /** Subject alternative names: IP addresses as such, everything else as DNS names; what can be neither is left out. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'));

/**
 * A new key (ECDSA P-256: made in under a millisecond, where RSA takes a hundred, and every client with TLS 1.2 knows it) and a certificate
 * for it that it signs itself. RFC 5280; what `openssl x509 -text` shows is in test/unit/net/self-signed.test.ts.
 */
export function selfSigned(options: SelfSignedOptions): KeyPairPem {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = certificateBody(options, publicKey);
  const certificate = sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, privateKey)));
  return { cert: pem('CERTIFICATE', certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function certificateBody({ commonName, names, notBefore, notAfter }: SelfSignedOptions, publicKey: KeyObject): Buffer {
  const name = sequence(set(sequence(objectId('2.5.4.3'), utf8String(commonName))));
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  return sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    name, // issuer: itself
    sequence(time(notBefore), time(notAfter)),
    name,
    publicKeyInfo,
    explicit(3, sequence(...extensions(names, publicKeyInfo))),
  );
}

/** 16 random bytes, positive and without a leading zero: at most 20 are allowed, and no two certificates of an issuer may share one. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes;
}

function extensions(names: readonly string[], publicKeyInfo: Buffer): Buffer[] {
  const extension = (id: string, value: Buffer, critical = false): Buffer =>
    sequence(objectId(id), ...(critical ? [TRUE] : []), octetString(value));
  const alternatives = names.flatMap(generalName);
  // The key's fingerprint: the 65 bytes of the point are the end of the public key's description.
  const keyId = createHash('sha1').update(publicKeyInfo.subarray(-65)).digest();
  return [
    extension('2.5.29.19', sequence(), true), // basic constraints: no CA
    extension('2.5.29.15', bitString(Buffer.from([0x80]), 7), true), // key usage: digital signature
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))), // extended key usage: server
    extension('2.5.29.14', octetString(keyId)),
    ...(alternatives.length > 0 ? [extension('2.5.29.17', sequence(...alternatives))] : []),
  ];
}

function generalName(name: string): Buffer[] {
  if (isIPv4(name)) return [implicit(7, Buffer.from(name.split('.').map(Number)))];
  if (isIPv6(name)) return [implicit(7, ipv6Bytes(name))];
  // Letters, digits and hyphens between dots; anything else would make verifiers refuse the whole certificate.
  return /^(?!-)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name) && name.length < 254 ? [implicit(2, Buffer.from(name, 'latin1'))] : [];
}

/** The 16 bytes of an address that `isIPv6` takes. */
function ipv6Bytes(address: string): Buffer {
  const [plain = ''] = address.split('%');
  const words = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((part) => {
          if (!part.includes('.')) return [Number.parseInt(part, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
          return [a * 256 + b, c * 256 + d];
        });
  const [head = '', tail] = plain.split('::');
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
