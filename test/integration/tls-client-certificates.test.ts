import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { type ConnectionOptions, createConnection } from 'mysql2/promise';
import t from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { WireClient } from '../proxy/wire-client.js';
import { issueCertificate, keyPem, newParty, type Party } from '../servers/issue-certificate.js';
import { FLAVORS, PASSWORDS, serverUnavailable, startStandalone, until } from '../servers/servers.js';
import { mariadb } from './foreign-drivers.js';

const DENIED = (user: string, used = 'YES') =>
  new RegExp(`Access denied for user '${user}'@'127\\.0\\.0\\.1' \\(using password: ${used}\\)`);

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: client certificates`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor, tls: true });
    t.teardown(stop);
    const folder = t.testdir({});
    const [authority, stranger] = [newParty('Clients CA', 'ec'), newParty('Clients CA', 'ec')];
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, issueCertificate(authority, authority));
    const shown = (name: Party['name'], issuer = authority, terms = {}) => {
      const party = newParty(name, 'ec');
      return { cert: issueCertificate(party, issuer, terms), key: keyPem(party) };
    };
    const app = shown([
      ['O', 'Example, Inc'],
      ['CN', 'app'],
    ]);
    const spiffe = shown('whoever', authority, { names: ['DNS:other.example.org', 'URI:spiffe://example.org/orders'] });

    const proxy = await startPointsman({
      servers: [server],
      workers: 2,
      listenerTls: { clientCaFile: caFile },
      config: {
        users: [
          { name: 'app', password: PASSWORDS.app, certificate: 'CN=app,O=Example\\, Inc' },
          {
            name: 'admin',
            password: PASSWORDS.admin,
            certificate: { altName: 'URI:spiffe://example.org/orders', insteadOfPassword: true },
          },
          { name: 'nopassword', password: '' },
          { name: 'monitor', certificate: 'CN=monitor' },
        ],
      },
    });
    t.teardown(() => proxy.stop());
    const login = async (user: string, password: string, pair?: { cert: string; key: string }, more: ConnectionOptions = {}) => {
      const ssl = { rejectUnauthorized: false, ...pair };
      try {
        const connection = await createConnection({ host: '127.0.0.1', port: proxy.ports.primary, user, password, ssl, ...more });
        const [rows] = await connection.query('SELECT CURRENT_USER() AS who');
        await connection.end();
        return (rows as { who: string }[])[0]?.who ?? '';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };

    t.match(await login('app', 'app', app), /^app@/, 'the right one, and the password');
    t.match(await login('app', 'app'), DENIED('app'), 'none');
    t.match(await login('app', '', app), DENIED('app', 'NO'), 'the password is still needed');
    t.match(await login('app', 'wrong', app), DENIED('app'));
    t.match(await login('app', 'app', shown('app')), DENIED('app'), 'without the organisation');
    t.match(
      await login(
        'app',
        'app',
        shown([
          ['O', 'Example, Inc'],
          ['CN', 'app'],
          ['CN', 'root'],
        ]),
      ),
      DENIED('app'),
      'a second name',
    );
    t.match(
      await login(
        'app',
        'app',
        shown([
          ['O', 'Example, Inc'],
          ['OU', 'Orders'],
          ['CN', 'app'],
        ]),
      ),
      /^app@/,
      'what is not named does not matter',
    );
    t.match(
      await login(
        'app',
        'app',
        shown(
          [
            ['O', 'Example, Inc'],
            ['CN', 'app'],
          ],
          stranger,
        ),
      ),
      DENIED('app'),
      'of another authority',
    );
    t.match(
      await login(
        'app',
        'app',
        shown(
          [
            ['O', 'Example, Inc'],
            ['CN', 'app'],
          ],
          authority,
          { toDay: -0.5 },
        ),
      ),
      DENIED('app'),
      'expired',
    );
    t.match(await login('nopassword', '', shown('x', stranger)), DENIED('nopassword', 'NO'), 'a bad certificate is refused, needed or not');

    t.match(await login('admin', 'anything', spiffe), /^admin@/, 'the certificate is enough');
    t.match(await login('admin', '', spiffe), /^admin@/);
    t.match(await login('admin', PASSWORDS.admin, app), DENIED('admin'), 'and the password alone is not');
    t.match(await login('admin', PASSWORDS.admin), DENIED('admin'));
    t.match(await login('nobody', 'x', spiffe), DENIED('nobody'), 'an unknown account looks the same');
    t.match(await login('monitor', 'monitor', app), DENIED('monitor'), 'also where the password is learnt from the servers');
    t.match(await login('monitor', 'monitor', shown('monitor')), /^monitor@/);
    t.match(await login('monitor', 'wrong', shown('monitor')), DENIED('monitor'));
    t.match(await login('monitor', 'monitor'), DENIED('monitor'), 'and learnt it is');
    const plain = WireClient.open({ port: proxy.ports.primary });
    await t.rejects(plain, /Access denied for user 'app'/, 'without TLS');
    await writeFile(join(folder, 'app.crt'), spiffe.cert);
    await writeFile(join(folder, 'app.key'), spiffe.key);
    const files = ['--ssl', '--ssl-cert', join(folder, 'app.crt'), '--ssl-key', join(folder, 'app.key')];
    t.equal(await mariadb(proxy.ports.primary, 'x', files, 'admin'), '', 'the mariadb client, without knowing the password');

    const changing = await createConnection({
      host: '127.0.0.1',
      port: proxy.ports.primary,
      user: 'admin',
      ssl: { rejectUnauthorized: false, ...spiffe },
    });
    changing.on('error', () => undefined);
    await changing.changeUser({ user: 'admin', password: 'whatever' });
    const [rows] = await changing.query('SELECT CURRENT_USER() AS who');
    t.match(rows, [{ who: /^admin@/ }], 'change of user by certificate');
    const sessions = await (await fetch(`${proxy.adminUrl}/api/v1/sessions`)).json();
    t.match(sessions, { sessions: [{ user: 'admin', tls: true, certificate: 'CN=whoever' }] });
    await t.rejects(changing.changeUser({ user: 'app', password: 'app' }), /Access denied/, 'the certificate of another account');
    changing.destroy();

    for (const words of [
      /the account needs a client certificate, and the client showed none/,
      /client's certificate \(O=Example, Inc,CN=app\) is not accepted: (unable to|certificate signature)/,
      /is not accepted: certificate has expired/,
      /client's certificate \(CN=app\) is not the one this account is bound to/,
    ]) {
      t.ok(await until(`${words} in the log`, () => words.test(proxy.log())));
    }

    // A resumed session brings the certificate along, and a new list of authorities ends that.
    const connection = () => createConnection({ host: '127.0.0.1', port: proxy.ports.primary, user: 'admin', ssl: again });
    const again = { rejectUnauthorized: false, ...spiffe };
    for (const turn of [1, 2, 3, 4]) {
      const open = await connection();
      const stream = Reflect.get(Reflect.get(open, 'connection') as object, 'stream') as TLSSocket;
      if (turn > 1) t.ok(stream.isSessionReused(), 'resumed');
      await open.query('DO 1');
      await open.end();
    }
    await writeFile(caFile, issueCertificate(stranger, stranger));
    await until('the other authorities', async () => DENIED('admin', 'NO').test(await login('admin', '', spiffe)));
    await t.rejects(connection(), DENIED('admin', 'NO'), 'an earlier session does not count any more');
  });
}

const [flavor = 'mysql'] = FLAVORS;
t.test('clientCertificate: require', { skip: (await serverUnavailable(flavor)) ?? false }, async (t) => {
  const { server, stop } = await startStandalone({ flavor, tls: true });
  t.teardown(stop);
  const folder = t.testdir({});
  const [authority, client] = [newParty('Clients CA', 'ec'), newParty('anybody', 'ec')];
  await writeFile(join(folder, 'ca.pem'), issueCertificate(authority, authority));
  const proxy = await startPointsman({
    servers: [server],
    listenerTls: { clientCaFile: join(folder, 'ca.pem'), clientCertificate: 'require' },
  });
  t.teardown(() => proxy.stop());
  await t.rejects(proxy.connect('primary'), /insecure transport/);
  await t.rejects(proxy.connect('primary', { ssl: { rejectUnauthorized: false } }), DENIED('app'));
  const pair = { cert: issueCertificate(client, authority), key: keyPem(client) };
  await (await proxy.connect('primary', { ssl: { rejectUnauthorized: false, ...pair } })).end();
  await until('the log says so', () => /the listener requires a client certificate, and the client showed none/.test(proxy.log()));
  t.match(proxy.log(), /the listener requires a client certificate, and the client showed none/);
});
