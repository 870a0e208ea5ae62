import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { HEADER, WireClient } from '../proxy/wire-client.js';

/**
 * MariaDB 11.4 proves a certificate that it made itself by the account's password. The lab's newest server is 10.11, so none is there at all
 * here: the configured secret lets clients in, and the greeting is that of `serverVersion`. What is expected is written out from MariaDB's documents
 * and from its connector for Node, which was tried by hand.
 */
async function proofOf(t: Test, serverVersion: string, tls: boolean): Promise<{ text: string; expected: string }> {
  const proxy = await startPointsman({
    servers: [{ name: 'db1', host: '127.0.0.1', port: 1 }],
    untilReady: false,
    config: { serverVersion, users: [{ name: 'app', password: 'app' }] },
  });
  t.teardown(() => proxy.stop());
  const login = { port: proxy.ports.primary, tls };
  const client = await WireClient.dial(login.port);
  await client.greeted();
  const nonce = Buffer.from(client.nonce.subarray(0, 20));
  if (tls) await client.startTls(login);
  const fingerprint = tls ? (client.socket as TLSSocket).getPeerCertificate().fingerprint256.replaceAll(':', '') : '';
  const payload = client.loginPayload(login);
  client.packet(payload, tls ? 2 : 1);
  const ok = await client.frame();
  client.close();
  t.equal(ok[HEADER], 0x00, 'an OK');
  const sha1 = (bytes: Buffer | string) => createHash('sha1').update(bytes).digest();
  const expected = createHash('sha256')
    .update(sha1(sha1('app')))
    .update(nonce)
    .update(Buffer.from(fingerprint, 'hex'))
    .digest('hex');
  // Header, affected rows, insert id, status, warnings: seven bytes; then the text behind its length.
  return { text: ok.toString('latin1', HEADER + 8), expected: `\x01${expected}` };
}

t.test('MariaDB 11.4 and TLS: the OK proves the certificate', async (t) => {
  const { text, expected } = await proofOf(t, '11.4.2-MariaDB', true);
  t.equal(text, expected);
});

t.test('nothing of the kind without TLS, and from other servers', async (t) => {
  t.equal((await proofOf(t, '11.4.2-MariaDB', false)).text, '');
  t.equal((await proofOf(t, '10.11.6-MariaDB', true)).text, '');
  t.equal((await proofOf(t, '5.5.5-10.11.6-MariaDB', true)).text, '');
});
