import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, withLock } from './cache-folder.js';

/** Paths of PEM files. The server's certificate is good for localhost, 127.0.0.1, 127.0.0.2 and ::1; the client's is signed by the same CA. */
export interface CertificateFiles {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** A CA that signed none of them. */
  readonly otherCa: string;
}

// As much DER as an X.509 certificate needs (RFC 5280), because neither Node nor a fresh Debian can make one.
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

const SHA256_WITH_RSA = sequence(oid('2a864886f70d01010b'), der(0x05));
const COMMON_NAME = '550403';
const SUBJECT_ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';
const KEY_USAGE = '551d0f';

const nameOf = (text: string): Buffer => sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, Buffer.from(text)))));
const time = (date: Date): Buffer => der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

interface Party {
  readonly name: string;
  readonly key: KeyObject;
}

function newParty(name: string): Party {
  return { name, key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
}

function publicKeyDer(party: Party): Buffer {
  const pem = createPrivateKey(party.key.export({ type: 'pkcs8', format: 'pem' }));
  const { n = '', e = '' } = pem.export({ format: 'jwk' });
  const integer = (text: string): Buffer => {
    const bytes = Buffer.from(text, 'base64url');
    return der(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
  };
  return sequence(sequence(oid('2a864886f70d010101'), der(0x05)), bits(sequence(integer(n), integer(e))));
}

function certificate(subject: Party, issuer: Party): string {
  const isCa = subject === issuer;
  const day = 86_400_000;
  const ip = (...bytes: number[]): Buffer => der(0x87, Buffer.from(bytes));
  const names = sequence(
    der(0x82, Buffer.from('localhost')),
    ip(127, 0, 0, 1),
    ip(127, 0, 0, 2),
    ip(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
  );
  const extensions = isCa
    ? sequence(
        sequence(oid(BASIC_CONSTRAINTS), truth, octets(sequence(truth))),
        sequence(oid(KEY_USAGE), truth, octets(der(0x03, Buffer.from([1, 0x06])))),
      )
    : sequence(sequence(oid(SUBJECT_ALT_NAME), octets(names)));
  const serial = randomBytes(8);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 1;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    SHA256_WITH_RSA,
    nameOf(issuer.name),
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + 3650 * day))),
    nameOf(subject.name),
    publicKeyDer(subject),
    der(0xa3, extensions),
  );
  const signed = sequence(body, SHA256_WITH_RSA, bits(sign('sha256', body, issuer.key)));
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

async function writeAll(folder: string): Promise<void> {
  const ca = newParty('Pointsman test CA');
  const other = newParty('Another test CA');
  await writeFile(join(folder, 'ca.pem'), certificate(ca, ca));
  await writeFile(join(folder, 'other-ca.pem'), certificate(other, other));
  for (const name of ['server', 'client']) {
    const party = newParty(`pointsman-test-${name}`);
    await writeFile(join(folder, `${name}-cert.pem`), certificate(party, ca));
    await writeFile(join(folder, `${name}-key.pem`), party.key.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  }
}

/** Certificates for tests, made once per machine and kept in the cache folder. */
export async function makeCertificates(): Promise<CertificateFiles> {
  const folder = join(cacheFolder(), 'certificates-v1');
  if (!existsSync(folder)) {
    await withLock('certificates', async () => {
      if (existsSync(folder)) return;
      const part = await mkdtemp(join(cacheFolder(), '.certificates.'));
      try {
        await writeAll(part);
        await rename(part, folder);
      } finally {
        await rm(part, { recursive: true, force: true });
      }
    });
  }
  const file = (name: string): string => join(folder, `${name}.pem`);
  return {
    ca: file('ca'),
    serverCert: file('server-cert'),
    serverKey: file('server-key'),
    clientCert: file('client-cert'),
    clientKey: file('client-key'),
    otherCa: file('other-ca'),
  };
}
