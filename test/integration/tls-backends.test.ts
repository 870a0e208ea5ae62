import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { type BackendConnection, type DialFailure, type DialRequest, dial } from '../../src/backend/dial.js';
import { BackendTlsContext } from '../../src/backend/tls-context.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { issueCertificate, newParty } from '../servers/issue-certificate.js';
import { FLAVORS, makeCertificates, serverUnavailable, startStandalone, until } from '../servers/servers.js';
import { CAPS } from './raw-client.js';

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: towards the servers`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor, tls: true });
    t.teardown(stop);
    const files = await makeCertificates();
    const by = flavor === 'mysql' ? 'WITH mysql_native_password BY' : 'BY';
    await server.sql(`CREATE USER x509@'%' IDENTIFIED ${by} 'x' REQUIRE SUBJECT '/CN=pointsman-test-client'`);

    await t.test('sessions are resumed', async (t) => {
      const context = new BackendTlsContext({ ca: await readFile(files.ca, 'utf8') }, true);
      const reused: (boolean | undefined)[] = [];
      for (let turn = 0; turn < 5; turn += 1) {
        const connection = await opened({ address: { host: '127.0.0.1', port: server.port }, tls: { mode: 'verify-identity', context } });
        reused.push(connection.packets.tls?.isSessionReused());
        connection.packets.destroy();
      }
      t.same(reused, [false, true, true, true, true]);
      const other = new BackendTlsContext({ ca: await readFile(files.otherCa, 'utf8') }, true);
      await t.rejects(opened({ address: { host: '127.0.0.1', port: server.port }, tls: { mode: 'verify-ca', context: other } }), /caFile/);
    });

    await t.test('certificates of ours, checked and renewed', async (t) => {
      const folder = t.testdir({});
      const caFile = join(folder, 'ca.pem');
      await copyFile(files.otherCa, caFile);
      const tls = { mode: 'verify-identity', caFile, certFile: files.clientCert, keyFile: files.clientKey };
      const proxy = await startPointsman({
        servers: [server],
        workers: 2,
        untilReady: false,
        config: {
          clusters: { main: { tls, hold: { timeout: '1s' } } },
          users: [
            { name: 'app', password: 'app' },
            { name: 'x509', password: 'x' },
          ],
          serverVersion: '8.0.30',
        },
      });
      t.teardown(() => proxy.stop());
      const says = /not signed by an authority we trust: put .* into clusters\.\*\.tls\.caFile/;
      await until('the log to say what is wrong', () => says.test(proxy.log()));
      await t.rejects(
        proxy.connect('primary').then((connection) => connection.query('SELECT 1')),
        says,
      );
      await copyFile(files.ca, join(folder, 'new.pem'));
      await rename(join(folder, 'new.pem'), caFile);
      const works = async () => {
        const connection = await proxy.connect('primary');
        const answer = await connection.query('SELECT 1').catch(() => undefined);
        connection.destroy();
        return answer !== undefined;
      };
      await until('the new authorities', works);
      const bound = await createConnection({ host: '127.0.0.1', port: proxy.ports.primary, user: 'x509', password: 'x' });
      const [rows] = await bound.query("SHOW STATUS LIKE 'Ssl_cipher'");
      t.not((rows as { Value: string }[])[0]?.Value, '', 'verify-identity: always encrypted, with our certificate');
      await bound.end();
    });

    await t.test('without our certificate, an account bound to it gets in neither way', async (t) => {
      const proxy = await startPointsman({
        servers: [server],
        config: {
          users: [
            { name: 'x509', password: 'x' },
            { name: 'app', password: 'app' },
          ],
        },
      });
      t.teardown(() => proxy.stop());
      for (const port of [server.port, proxy.ports.primary]) {
        const options = { host: '127.0.0.1', port, user: 'x509', password: 'x', ssl: { rejectUnauthorized: false } };
        await t.rejects(createConnection(options), /Access denied for user 'x509'/);
      }
    });

    // MariaDB 10.11's OpenSSL refuses to.
    if (flavor === 'mysql')
      await t.test('a server that knows only TLS 1.0', async (t) => {
        const { server: old, stop: stopOld } = await startStandalone({ flavor, tls: true, extraArgs: ['--tls-version=TLSv1'] });
        t.teardown(stopOld);
        const proxy = await startPointsman({ servers: [old] });
        t.teardown(() => proxy.stop());
        const connection = await proxy.connect('primary', { ssl: { rejectUnauthorized: false } });
        const [rows] = await connection.query("SHOW STATUS LIKE 'Ssl_cipher'");
        t.match(rows, [{ Value: '' }], 'its clients with TLS are served without it behind us');
        await connection.end();
      });

    await t.test('what is wrong with a server is said', async (t) => {
      const authority = newParty('Servers CA');
      const folder = t.testdir({ 'ca.pem': issueCertificate(authority, authority) });
      const ca = await readFile(join(folder, 'ca.pem'), 'utf8');
      for (const [what, terms, message] of [
        ['expired', { names: ['IP:127.0.0.1'], toDay: -0.5 }, /has expired: renew it/],
        ['not yet valid', { names: ['IP:127.0.0.1'], fromDay: 5 }, /not valid yet: compare the clocks/],
        [
          'another name',
          { names: ['DNS:elsewhere.example.org'] },
          /is for other names: write the backend with a name from the certificate/,
        ],
      ] as const) {
        const party = newParty(what);
        await writeFile(join(folder, 'cert.pem'), issueCertificate(party, authority, terms));
        await writeFile(join(folder, 'key.pem'), party.key.export({ type: 'pkcs1', format: 'pem' }));
        const extraArgs = [`--ssl-ca=${folder}/ca.pem`, `--ssl-cert=${folder}/cert.pem`, `--ssl-key=${folder}/key.pem`];
        const { server: odd, stop: stopOdd } = await startStandalone({ flavor, extraArgs });
        try {
          const tls = { mode: 'verify-identity', context: new BackendTlsContext({ ca }, true) } as const;
          const address = { host: '127.0.0.1', port: odd.port };
          await t.rejects(opened({ address, tls }), message, what);
          await t.rejects(opened({ address, tls }), new RegExp(`^backend db1 \\(127\\.0\\.0\\.1:${odd.port}\\): TLS failed`));
        } finally {
          await stopOdd();
        }
      }
    });
  });
}

async function opened(request: Pick<DialRequest, 'address' | 'tls'>): Promise<BackendConnection> {
  const outcome = await new Promise<BackendConnection | DialFailure>((resolve) => {
    const identity = {
      user: 'app',
      credential: { kind: 'clear', password: 'app' } as const,
      capabilities: CAPS.plain,
      mariadbCapabilities: 0,
      charset: 45,
      maxPacketSize: 0x100_0000,
    };
    dial({ backend: 'db1', timeoutMs: 10_000, attributes: [], ...identity, ...request }, resolve);
  });
  if (!('packets' in outcome)) throw new Error(outcome.message);
  return outcome;
}
