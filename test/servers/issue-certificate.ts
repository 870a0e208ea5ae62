import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Who a certificate is for, or who signs it. */
export interface Party {
  /** The subject as pairs of a type (CN, O, OU, C) and a value; just a text is the common name. */
  readonly name: string | readonly (readonly [type: 'CN' | 'O' | 'OU' | 'C', value: string])[];
  readonly key: KeyObject;
}

export interface CertificateTerms {
  /** Alternative names in front of which stands their kind: DNS:, IP: (v4), IP6: (16 bytes in hex), URI:. */
  readonly names?: readonly string[];
  /** Days from today; default: from yesterday for ten years. */
  readonly fromDay?: number;
  readonly toDay?: number;
}

// As much DER as an X.509 certificate needs (RFC 5280), because neither Node nor a fresh Debian can make one. Not the proxy's own writer.
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const octets = (bytes: Buffer): Buffer => der(0x04, bytes);
const bits = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes);
const truth = der(0x01, Buffer.from([0xff]));

const SIGNATURE = { rsa: sequence(oid('2a864886f70d01010b'), der(0x05)), ec: sequence(oid('2a8648ce3d040302')) };
const TYPES = { CN: '550403', O: '55040a', OU: '55040b', C: '550406' } as const;
const SUBJECT_ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';
const KEY_USAGE = '551d0f';

const DAY_MS = 86_400_000;

function nameOf({ name }: Party): Buffer {
  const pairs = typeof name === 'string' ? ([['CN', name]] as const) : name;
  return sequence(...pairs.map(([type, value]) => der(0x31, sequence(oid(TYPES[type]), der(0x0c, Buffer.from(value))))));
}

function time(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

function generalName(text: string): Buffer {
  const value = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('IP6:')) return der(0x87, Buffer.from(value, 'hex'));
  if (text.startsWith('IP:')) return der(0x87, Buffer.from(value.split('.').map(Number)));
  return der(text.startsWith('URI:') ? 0x86 : 0x82, Buffer.from(value));
}

/** A new key, RSA with 2048 bits unless told. */
export function newParty(name: Party['name'], kind: 'rsa' | 'ec' = 'rsa'): Party {
  const key =
    kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { name, key: key.privateKey };
}

/** PEM of the private key. */
export function keyPem({ key }: Party): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** PEM of a certificate; one that a party gives itself is that of an authority. */
export function issueCertificate(subject: Party, issuer: Party, terms: CertificateTerms = {}): string {
  const { names = [], fromDay = -1, toDay = 3650 } = terms;
  const signature = SIGNATURE[issuer.key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec'];
  const authority = [
    sequence(oid(BASIC_CONSTRAINTS), truth, octets(sequence(truth))),
    sequence(oid(KEY_USAGE), truth, octets(der(0x03, Buffer.from([1, 0x06])))),
  ];
  const alternatives = names.length === 0 ? [] : [sequence(oid(SUBJECT_ALT_NAME), octets(sequence(...names.map(generalName))))];
  const extensions = subject === issuer ? authority : alternatives;
  const serial = randomBytes(8);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 1;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    signature,
    nameOf(issuer),
    sequence(time(new Date(Date.now() + fromDay * DAY_MS)), time(new Date(Date.now() + toDay * DAY_MS))),
    nameOf(subject),
    publicKey(subject),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const signed = sequence(body, signature, bits(sign('sha256', body, issuer.key)));
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function publicKey({ key }: Party): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}
