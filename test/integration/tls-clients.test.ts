import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { type PointsmanOptions, type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { greeted, sessionOf, sslRequest, startTls } from '../proxy/starttls.js';
import { runSeed, SeededBytes } from '../proxy/wire-client.js';
import { issueCertificate, keyPem, newParty } from '../servers/issue-certificate.js';
import { FLAVORS, makeCertificates, type Server, serverUnavailable, startStandalone, until } from '../servers/servers.js';
import { goSqlDriver, mariadb, pymysql } from './foreign-drivers.js';

/** Empty without TLS; the server's own word for this connection. */
async function cipher(connection: Connection): Promise<string> {
  const [rows] = await connection.query<RowDataPacket[]>("SHOW STATUS LIKE 'Ssl_cipher'");
  return String(rows[0]?.['Value'] ?? '');
}

const ANY_CERTIFICATE = { ssl: { rejectUnauthorized: false } };
const [python, go] = await Promise.all([pymysql(), goSqlDriver()]);

async function before(server: Server, t: Test, options: Omit<PointsmanOptions, 'servers'> = {}): Promise<RunningPointsman> {
  const proxy = await startPointsman({ servers: [server], ...options });
  t.teardown(() => proxy.stop());
  return proxy;
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: TLS with nothing configured`, { skip: reason ?? false }, async (t) => {
    const { server: withTls, stop } = await startStandalone({ flavor, tls: true });
    t.teardown(stop);
    const { server: without, stop: stopOther } = await startStandalone({ flavor, tls: false });
    t.teardown(stopOther);

    const proxy = await before(withTls, t, { workers: 2 });
    const secure = await proxy.connect('primary', ANY_CERTIFICATE);
    t.not(await cipher(secure), '', 'the server has TLS where the client has it');
    const plain = await proxy.connect('primary');
    t.equal(await cipher(plain), '', 'and not where it has none');
    await Promise.all([secure.end(), plain.end()]);

    const plainProxy = await before(without, t);
    const half = await plainProxy.connect('primary', ANY_CERTIFICATE);
    t.equal(await cipher(half), '', 'a server without TLS serves clients with it');
    await half.end();

    for (const [name, driver] of [
      ['PyMySQL', python],
      ['go-sql-driver', go],
    ] as const) {
      if ('missing' in driver) t.comment(`${name}: ${driver.missing}`);
      else t.equal(await driver.login({ port: proxy.ports.primary, user: 'app', password: 'app', tls: true }), 'ok', name);
    }
    t.equal(await mariadb(proxy.ports.primary, 'app', ['--ssl']), '', 'mariadb client');
    t.match(
      await mariadb(proxy.ports.primary, 'app', ['--ssl', '--ssl-verify-server-cert']),
      /self.signed|verif/i,
      'who checks certificates is not satisfied with this one',
    );

    const [one, other] = await Promise.all([
      startTls(proxy.ports.primary),
      startTls(proxy.ports.replica, { servername: 'any.name.example' }),
    ]);
    // Once each: Node 20 takes a server's certificate out of the connection when it is asked for.
    const [shown, shownElsewhere] = [one, other].map((secure) => secure.getPeerX509Certificate());
    t.match(shown?.subjectAltName, /DNS:localhost, IP Address:127\.0\.0\.1/);
    t.equal(shownElsewhere?.fingerprint256, shown?.fingerprint256, 'one for all listeners and workers');
    t.equal(one.getProtocol(), 'TLSv1.3');
    one.destroy();
    other.destroy();
  });
}

const [flavor = 'mysql'] = FLAVORS;
const reason = (await serverUnavailable(flavor)) ?? false;

t.test('handshakes', { skip: reason }, async (t) => {
  const { server, stop } = await startStandalone({ flavor, tls: true });
  t.teardown(stop);
  const proxy = await before(server, t, { workers: 2, config: { limits: { handshakeTimeout: '1s' } } });
  const port = proxy.ports.primary;
  const witness = await proxy.connect('primary', ANY_CERTIFICATE);
  t.teardown(() => witness.end());

  await t.test('old versions, weak ciphers, renegotiation', async (t) => {
    await t.rejects(startTls(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
    await t.rejects(startTls(port, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }), 'no key exchange without forward secrecy');
    const secure = await startTls(port, { maxVersion: 'TLSv1.2', ALPNProtocols: ['mysql', 'h2'] });
    t.equal(secure.alpnProtocol, false);
    t.match(secure.getCipher().name, /GCM|CHACHA20/);
    const error = await new Promise((resolve) => {
      secure.resume();
      secure.once('close', () => resolve('closed'));
      secure.renegotiate({ rejectUnauthorized: false }, (failure) => resolve(failure));
    });
    t.ok(error, 'renegotiation is refused');
    secure.destroy();
  });

  await t.test('sessions are resumed, whichever worker the client gets', async (t) => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const session = await sessionOf(port, { maxVersion });
      const again = await Promise.all(Array.from({ length: 8 }, () => startTls(port, { maxVersion, session })));
      t.equal(again.filter((secure) => secure.isSessionReused()).length, 8, maxVersion);
      for (const secure of again) secure.destroy();
      const elsewhere = await startTls(proxy.ports.replica, { maxVersion, session });
      t.notOk(elsewhere.isSessionReused(), 'not at another listener');
      elsewhere.destroy();
    }
  });

  await t.test('what is no handshake ends, and hurts nobody', async (t) => {
    const login = Buffer.from('\x05\xa6\x0f\x00\0\0\0\x01\x2d', 'latin1');
    for (const [what, bytes] of [
      ['a login in clear behind the SSLRequest', Buffer.concat([sslRequest(), login, Buffer.from('app\0')])],
      ['garbage', Buffer.concat([sslRequest(), Buffer.alloc(300, 0x5a)])],
      ['half a ClientHello, then nothing', Buffer.concat([sslRequest(), Buffer.from('16030102000100', 'hex')])],
      ['nothing at all behind the SSLRequest', sslRequest()],
      [
        'a record that announces more than there may be',
        Buffer.concat([sslRequest(), Buffer.from('1603ffffff', 'hex'), Buffer.alloc(70_000)]),
      ],
    ] as const) {
      const socket = await greeted(port);
      const answer: Buffer[] = [];
      const closed = new Promise<void>((resolve) => {
        socket.on('data', (chunk) => answer.push(chunk));
        socket.on('error', () => undefined);
        socket.once('close', () => resolve());
      });
      socket.write(bytes);
      await closed;
      // At most an alert record: nothing of MySQL's protocol, above all no OK.
      const got = Buffer.concat(answer);
      t.ok(got.length === 0 || got[0] === 0x15, `${what}: ${got.toString('hex')}`);
    }
    t.not(await cipher(witness), '');
    const metrics = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
    const count = (result: string) =>
      Number(new RegExp(`client_tls_handshakes_total\\{result="${result}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
    t.ok(count('full') > 0 && count('resumed') > 0 && count('failed') > 0, String(metrics.match(/.*tls_handshakes_total\{.*/g)));
    t.match(metrics, /tls_certificate_expiry_timestamp_seconds\{listener="primary"\} \d+/);
  });

  await t.test('ClientHellos with mistakes in them, and clients that leave at any moment of it', async (t) => {
    const random = new SeededBytes(runSeed());
    const real = await clientHello();
    for (let turn = 0; turn < 300; turn += 1) {
      const bytes = Buffer.from(real);
      for (let count = random.below(4); count > 0; count -= 1) bytes[random.below(bytes.length)] = random.below(256);
      const socket = await greeted(port);
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(Buffer.concat([sslRequest(), bytes.subarray(0, turn % 3 === 0 ? random.below(bytes.length) : bytes.length)]));
      await new Promise((resolve) => setTimeout(resolve, random.below(5)));
      if (turn % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    t.not(await cipher(witness), '');
    t.notMatch(proxy.log(), /a worker died/);
  });

  await t.test('300 stalled handshakes', async (t) => {
    const stalled = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = await greeted(port);
        socket.on('error', () => undefined);
        socket.write(Buffer.concat([sslRequest(), Buffer.from('16030140000100', 'hex'), Buffer.alloc(8000)]));
        return new Promise<void>((resolve) => socket.once('close', () => resolve()));
      }),
    );
    t.not(await cipher(witness), '', 'others go on');
    const later = await proxy.connect('primary', ANY_CERTIFICATE);
    await later.end();
    await Promise.all(stalled);
  });

  await t.test('openssl s_client', async (t) => {
    const openssl = (...args: string[]) => run('openssl', ['s_client', '-starttls', 'mysql', '-connect', `127.0.0.1:${port}`, ...args]);
    const first = await openssl('-servername', 'db.example.org');
    if (first === undefined) {
      t.comment('no openssl here');
      return;
    }
    t.match(first, /CN ?= ?Pointsman self-signed/);
    t.match(first, /New, TLSv1\.3/);
    t.match(first, /No ALPN negotiated/);
    t.match(await openssl('-tls1_2'), /New, TLSv1\.2, Cipher is ECDHE-ECDSA-AES128-GCM-SHA256/);
    t.notMatch(await openssl('-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'), /Cipher is ECDHE/);
  });
});

t.test('certificate files, and their reload', { skip: reason }, async (t) => {
  const { server, stop } = await startStandalone({ flavor, tls: true });
  t.teardown(stop);
  const folder = t.testdir({});
  const authority = newParty('Reload CA', 'ec');
  await writeFile(join(folder, 'ca.pem'), issueCertificate(authority, authority));
  const pair = (name: string) => {
    const party = newParty(name, 'ec');
    return { cert: issueCertificate(party, authority, { names: ['DNS:localhost', 'IP:127.0.0.1'] }), key: keyPem(party) };
  };
  /** As Kubernetes does it: files are links through a link to a folder, and that one link is replaced. */
  const publish = async (version: string, { cert, key }: { cert: string; key: string }) => {
    const data = join(folder, version);
    await mkdir(data);
    await writeFile(join(data, 'tls.crt'), cert);
    await writeFile(join(data, 'tls.key'), key);
    await symlink(data, join(folder, '..data_new'));
    await rename(join(folder, '..data_new'), join(folder, '..data'));
  };
  await publish('v1', pair('first'));
  await symlink('..data/tls.crt', join(folder, 'tls.crt'));
  await symlink('..data/tls.key', join(folder, 'tls.key'));
  const certFile = join(folder, 'tls.crt');
  const proxy = await before(server, t, {
    workers: 2,
    listenerTls: { mode: 'require', certFile, keyFile: join(folder, 'tls.key'), minVersion: '1.3' },
  });
  const names = async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => startTls(proxy.ports.primary)));
    const subjects = all.map((secure) => secure.getPeerX509Certificate()?.subject ?? '');
    for (const secure of all) secure.destroy();
    return [...new Set(subjects)].join();
  };
  const become = (name: string) => until(`certificate ${name}`, async () => (await names()) === name);

  const ca = readFileSync(join(folder, 'ca.pem'));
  const before1 = await proxy.connect('primary', { ssl: { ca, rejectUnauthorized: true, verifyIdentity: true }, host: 'localhost' });
  t.teardown(() => before1.end());
  t.equal(await names(), 'CN=first');
  const verify = ['--ssl-ca', join(folder, 'ca.pem'), '--ssl-verify-server-cert'];
  t.equal(await mariadb(proxy.ports.primary, 'app', verify), '', 'the mariadb client verifies it');
  const { otherCa } = await makeCertificates();
  t.match(await mariadb(proxy.ports.primary, 'app', ['--ssl-ca', otherCa]), /certificate|verif/i);
  await t.rejects(proxy.connect('primary'), /insecure transport are prohibited/, 'without TLS');
  await t.rejects(startTls(proxy.ports.primary, { maxVersion: 'TLSv1.2' }), 'minVersion 1.3');

  await publish('v2', pair('second'));
  await become('CN=second');
  t.pass('a swapped link is noticed, by both workers');
  await before1.query('SELECT 1');

  await publish('v3', { cert: pair('third').cert, key: pair('other').key });
  await until('a complaint', async () => /does not belong to the certificate/.test(proxy.log()));
  t.equal(await names(), 'CN=second', 'a broken pair is not used');
  await publish('v4', { cert: 'no certificate', key: 'no key' });
  await until('a complaint', async () => /holds no certificate in PEM form/.test(proxy.log()));
  t.equal(await names(), 'CN=second');
  const fifth = pair('fifth');
  await publish('v5', fifth);
  await become('CN=fifth');

  await writeFile(join(folder, 'new.crt'), issueCertificate({ name: 'sixth', key: createPrivateKey(fifth.key) }, authority));
  await rename(join(folder, 'new.crt'), certFile);
  await become('CN=sixth');
  t.pass('a rename over the file');
  await before1.query('SELECT 1');
  t.not(await cipher(before1), '');
});

/** The first bytes that node:tls sends. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        resolve(Buffer.from(chunk));
        done();
      },
    });
    connectTls({ socket: wire, servername: 'db.example.org' }).on('error', () => undefined);
  });
}

/** What a program writes, its input being closed at once; undefined where there is no such program. */
function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (bytes) => (output += String(bytes)));
    child.stderr.on('data', (bytes) => (output += String(bytes)));
    child.once('error', () => resolve(undefined));
    child.once('close', () => resolve(output));
  });
}
