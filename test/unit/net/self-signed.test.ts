import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import fc from 'fast-check';
import t from 'tap';
import { der, integer, objectId, time } from '../../../src/net/x509/der.js';
import { selfSigned } from '../../../src/net/x509/self-signed.js';

const NAMES = ['db-proxy-1', 'localhost', '127.0.0.1', '::1', 'fe80::1:2', '::ffff:10.0.0.1', 'not a name', 'ünicode', ''];

function made(notAfter = new Date('2049-12-31T23:59:59Z')) {
  return selfSigned({ commonName: 'Pointsman, self-signed', names: NAMES, notBefore: new Date('2020-01-02T03:04:05Z'), notAfter });
}

t.test('lengths and numbers as X.690 writes them', async (t) => {
  const hex = (bytes: Buffer) => bytes.toString('hex');
  t.equal(hex(der(0x04, Buffer.alloc(0))), '0400');
  t.equal(hex(der(0x04, Buffer.alloc(127))).slice(0, 4), '047f');
  t.equal(hex(der(0x04, Buffer.alloc(128))).slice(0, 6), '048180');
  t.equal(hex(der(0x04, Buffer.alloc(256))).slice(0, 8), '04820100');
  t.equal(hex(der(0x04, Buffer.alloc(65_536))).slice(0, 10), '0483010000');
  t.equal(hex(integer(Buffer.from([0]))), '020100');
  t.equal(hex(integer(Buffer.from([0x80]))), '02020080', 'not negative');
  t.equal(hex(integer(Buffer.from([0, 0, 0x7f]))), '02017f', 'no zeros in front');
  t.equal(hex(objectId('2.999.3')), '0603883703', "X.690's own example");
  t.equal(hex(objectId('1.2.840.113549')), '06062a864886f70d');
  t.equal(hex(objectId('2.5.29.17')), '0603551d11');
  t.equal(hex(time(new Date('2049-12-31T23:59:59.999Z'))), `170d${Buffer.from('491231235959Z').toString('hex')}`);
  t.equal(hex(time(new Date('2050-01-01T00:00:00Z'))), `180f${Buffer.from('20500101000000Z').toString('hex')}`);
});

t.test('what Node reads in the certificate', async (t) => {
  const { cert, key } = made();
  const read = new X509Certificate(cert);
  t.equal(read.subject, 'CN=Pointsman\\, self-signed');
  t.equal(read.issuer, read.subject);
  t.equal(read.ca, false);
  t.same(read.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  t.equal(
    read.subjectAltName,
    'DNS:db-proxy-1, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FE80:0:0:0:0:0:1:2, IP Address:0:0:0:0:0:FFFF:A00:1',
  );
  t.equal(read.validFrom, 'Jan  2 03:04:05 2020 GMT');
  t.equal(read.validTo, 'Dec 31 23:59:59 2049 GMT');
  t.equal(read.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  t.ok(read.verify(read.publicKey), 'signed by its own key');
  t.ok(read.checkPrivateKey(createPrivateKey(key)));
  t.equal(read.checkHost('localhost'), 'localhost');
  t.equal(read.checkIP('127.0.0.1'), '127.0.0.1');
  t.doesNotThrow(() => createSecureContext({ cert, key }));
  t.equal(new X509Certificate(made(new Date('2051-05-06T07:08:09Z')).cert).validTo, 'May  6 07:08:09 2051 GMT');
  t.not(new X509Certificate(made().cert).serialNumber, read.serialNumber);
});

t.test('any common name comes back as it was', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (commonName) => {
      const { cert } = selfSigned({ commonName, names: [], notBefore: new Date(0), notAfter: new Date() });
      const read = new X509Certificate(cert);
      t.ok(read.verify(read.publicKey));
      t.equal(read.toLegacyObject().subject.CN, Buffer.from(commonName).toString());
      t.equal(read.subjectAltName, undefined);
    }),
    { numRuns: 30 },
  );
});

const openssl = spawnSync('openssl', ['version']);
t.test('what openssl reads in it', { skip: openssl.status === 0 ? false : 'no openssl here' }, async (t) => {
  const { cert, key } = made();
  const ask = (args: string[], input: string) => spawnSync('openssl', args, { input, encoding: 'utf8' });
  const shown = ask(['x509', '-text', '-noout'], cert);
  t.equal(shown.status, 0, shown.stderr);
  for (const words of [
    /Version: 3 \(0x2\)/,
    /Signature Algorithm: ecdsa-with-SHA256/,
    /Subject: CN ?= ?"?Pointsman, self-signed/,
    /NIST CURVE: P-256/,
    /X509v3 Basic Constraints: critical\s+CA:FALSE/,
    /X509v3 Key Usage: critical\s+Digital Signature\s/,
    /X509v3 Extended Key Usage:\s+TLS Web Server Authentication/,
    /X509v3 Subject Key Identifier:\s+([0-9A-F]{2}:){19}/,
    /DNS:db-proxy-1, DNS:localhost, IP Address:127\.0\.0\.1/,
  ]) {
    t.match(shown.stdout, words);
  }
  t.equal(ask(['pkey', '-check', '-noout'], key).status, 0, 'the key');
  const folder = t.testdir({ 'cert.pem': cert });
  const verified = ask(
    ['verify', '-x509_strict', '-CAfile', `${folder}/cert.pem`, '-verify_hostname', 'localhost', `${folder}/cert.pem`],
    '',
  );
  t.match(verified.stdout, /cert\.pem: OK/, verified.stderr);
});
