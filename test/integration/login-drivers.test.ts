import { type ConnectionOptions, createConnection } from 'mysql2/promise';
import t from 'tap';
import { TOO_MANY_CONNECTIONS } from '../../src/client/login-errors.js';
import { refuseConnection } from '../../src/client/refuse-connection.js';
import { Listener } from '../../src/net/listener.js';
import { PacketSocket } from '../../src/net/packet-socket.js';
import { goSqlDriver, type Login, mariadb, mariadbClient, pymysql } from './foreign-drivers.js';
import { type HarnessOptions, LoginHarness, MARIADB_10, MYSQL_8, PASSWORDS } from './login-harness.js';
import { CAPS, RawClient } from './raw-client.js';

const mysql2: Login = async ({ port, user, password, tls }) => {
  try {
    const options: ConnectionOptions = { host: '127.0.0.1', port, user, password, ...(tls && { ssl: { rejectUnauthorized: false } }) };
    const connection = await createConnection(options);
    await connection.ping();
    await connection.end();
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const DENIED = (user: string, used: string) => `Access denied for user '${user}'@'127.0.0.1' (using password: ${used})`;

// Made side by side the first time: a build of the Go program takes a minute.
const [python, go] = await Promise.all([pymysql(), goSqlDriver()]);
const drivers: [name: string, driver: Awaited<ReturnType<typeof pymysql>>][] = [
  ['mysql2', { login: mysql2 }],
  ['mariadb client', mariadbClient],
  ['PyMySQL', python],
  ['go-sql-driver', go],
];

for (const [name, driver] of drivers) {
  t.test(name, { skip: 'missing' in driver ? driver.missing : false }, async (t) => {
    if ('missing' in driver) return;
    const odd = PASSWORDS.odd;
    for (const version of [MYSQL_8, MARIADB_10]) {
      for (const tls of [false, true]) {
        await t.test(`${version}${tls ? ', TLS' : ''}`, async (t) => {
          const harness = await LoginHarness.start({ version, tls: tls ? 'require' : 'off' });
          t.teardown(() => harness.stop());
          const { port } = harness;
          const login = (user: string, password: string) => driver.login({ port, user, password, tls });
          t.equal(await login('app', 'secret'), 'ok');
          const [outcome] = harness.outcomes;
          t.equal(outcome?.kind, 'logged-in');
          if (outcome?.kind === 'logged-in') {
            t.match(outcome, {
              user: 'app',
              credentials: [{ kind: 'clear', password: 'secret' }],
              connection: undefined,
              database: undefined,
            });
            t.equal(outcome.packets.encrypted, tls);
            t.equal(outcome.plugin, version === MYSQL_8 ? 'caching_sha2_password' : 'mysql_native_password', 'nobody had to be switched');
          }
          t.equal(await login('nopass', ''), 'ok', 'an account without a password');
          t.match(await login('app', 'wrong'), DENIED('app', 'YES'));
          t.match(await login('app', ''), DENIED('app', 'NO'));
          t.match(await login('nopass', 'x'), DENIED('nopass', 'YES'));
          t.match(await login('nobody', 'secret'), DENIED('nobody', 'YES'));
          // PyMySQL encodes passwords as latin1; a Go data source name would need escapes.
          if (name === 'mysql2' || name === 'mariadb client') t.equal(await login('odd', odd), 'ok', 'quotes, backslash, emoji');
          const kinds = harness.outcomes.map((one) => one.kind);
          t.same([...new Set(kinds)].sort(), ['denied', 'logged-in']);
        });
      }
    }

    await t.test('full authentication, where only a check of the password is known', async (t) => {
      for (const [version, tls] of [
        [MYSQL_8, true],
        [MYSQL_8, false],
        [MARIADB_10, false],
      ] as const) {
        const harness = await LoginHarness.start({ version, tls: tls ? 'require' : 'off' });
        t.teardown(() => harness.stop());
        const { port } = harness;
        const what = `${version} ${tls ? 'TLS' : 'RSA'}`;
        t.equal(await driver.login({ port, user: 'hashed', password: 'secret', tls }), 'ok', what);
        t.match(harness.outcomes[0], {
          kind: 'logged-in',
          credentials: [{ kind: 'clear', password: 'secret' }],
          plugin: 'caching_sha2_password',
        });
        t.match(await driver.login({ port, user: 'hashed', password: 'wrong', tls }), DENIED('hashed', 'YES'));
      }
    });

    await t.test('TLS only: a login without it is refused, and says why', async (t) => {
      const harness = await LoginHarness.start({ tls: 'require' });
      t.teardown(() => harness.stop());
      t.match(await driver.login({ port: harness.port, user: 'app', password: 'secret', tls: false }), /insecure transport are prohibited/);
      t.match(harness.outcomes[0], { kind: 'insecure', user: 'app' });
    });

    await t.test('TLS offered, not taken', async (t) => {
      const harness = await LoginHarness.start({ tls: 'prefer' });
      t.teardown(() => harness.stop());
      t.equal(await driver.login({ port: harness.port, user: 'app', password: 'secret', tls: false }), 'ok');
    });
  });
}

t.test('the mariadb client told to use the other plugin sends a dummy and waits to be switched', async (t) => {
  for (const [version, plugin] of [
    [MYSQL_8, 'mysql_native_password'],
    [MARIADB_10, 'caching_sha2_password'],
  ] as const) {
    const harness = await LoginHarness.start({ version });
    t.teardown(() => harness.stop());
    const right = await mariadb(harness.port, 'secret', [`--default-auth=${plugin}`]);
    t.equal(right, '', `${plugin} at ${version}`);
    t.match(harness.outcomes[0], { kind: 'logged-in', plugin });
    t.match(await mariadb(harness.port, 'wrong', [`--default-auth=${plugin}`]), DENIED('app', 'YES'));
  }
});

t.test('a unix socket: clear password without TLS, and TLS is not required of it', async (t) => {
  const path = `/tmp/pm-login-${process.pid}.sock`;
  const harness = await LoginHarness.start({ path, tls: 'require' });
  t.teardown(() => harness.stop());
  for (const user of ['app', 'hashed']) {
    t.equal(await mariadb(0, 'secret', ['--protocol=socket', `--socket=${path}`, '--default-auth=caching_sha2_password'], user), '', user);
  }
  t.match(harness.outcomes, [{ kind: 'logged-in' }, { kind: 'logged-in', plugin: 'caching_sha2_password' }]);
  t.match(await mariadb(0, 'wrong', ['--protocol=socket', `--socket=${path}`]), /Access denied for user 'app'@'localhost'/);
});

t.test('clients by hand: anonymous, an empty database, no PLUGIN_AUTH', async (t) => {
  const harness = await LoginHarness.start({ version: MARIADB_10 });
  t.teardown(() => harness.stop());
  (await RawClient.open(harness.port, CAPS.plain, '', 'anonymous', '')).end();
  (await RawClient.open(harness.port, CAPS.plain & ~0x8_0000, 'app', 'secret', 'shop')).end();
  await t.rejects(RawClient.open(harness.port, CAPS.plain & ~0x8_0000, 'app', 'wrong', 'shop'), /Access denied/);
  t.match(harness.outcomes, [
    { kind: 'logged-in', user: '', database: undefined },
    { kind: 'logged-in', user: 'app', database: 'shop', plugin: 'mysql_native_password' },
    { kind: 'denied' },
  ]);
});

t.test('an ERR in place of the greeting', async (t) => {
  const listener = new Listener({
    name: 'full',
    address: { host: '127.0.0.1', port: 0 },
    onSocket: (socket) => refuseConnection(new PacketSocket(socket, 'client'), TOO_MANY_CONNECTIONS),
  });
  await listener.open();
  for (const [name, driver] of drivers) {
    if ('missing' in driver) continue;
    t.match(await driver.login({ port: listener.port, user: 'app', password: 'secret', tls: false }), /Too many connections/, name);
  }
  await listener.close();
});

t.test('COM_CHANGE_USER with mysql2', async (t) => {
  for (const options of [{}, { version: MARIADB_10 }, { tls: 'prefer' as const }] satisfies HarnessOptions[]) {
    const harness = await LoginHarness.start(options);
    t.teardown(() => harness.stop());
    const open = () =>
      createConnection({
        host: '127.0.0.1',
        port: harness.port,
        user: 'app',
        password: 'secret',
        database: 'shop',
        ...('tls' in options && { ssl: { rejectUnauthorized: false } }),
      });
    const connection = await open();
    const first = harness.outcomes[0];
    t.match(first, { kind: 'logged-in', database: 'shop' });
    await connection.changeUser({ user: 'other', password: 'else', database: 'other' });
    t.match(harness.changes[0], { kind: 'changed', user: 'other', database: 'other' });
    await connection.changeUser({ user: 'app', password: 'secret' });
    await connection.ping();
    await connection.changeUser({ user: 'odd', password: PASSWORDS.odd });
    await connection.ping();
    connection.on('error', () => undefined);
    await t.rejects(connection.changeUser({ user: 'app', password: 'wrong' }), { code: 'ER_ACCESS_DENIED_ERROR' });
    t.match(harness.changes.at(-1), { kind: 'denied', user: 'app' });
    connection.destroy();
    const other = await open();
    other.on('error', () => undefined);
    await t.rejects(other.changeUser({ user: 'nobody', password: 'x' }), { code: 'ER_ACCESS_DENIED_ERROR' });
    other.destroy();
  }
});

t.test('a TLS client that does not like our certificate', async (t) => {
  const harness = await LoginHarness.start({ tls: 'prefer' });
  t.teardown(() => harness.stop());
  await t.rejects(createConnection({ host: '127.0.0.1', port: harness.port, user: 'app', password: 'secret', ssl: {} }));
  const until = Date.now() + 10_000;
  while (harness.outcomes.length === 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  t.match(harness.outcomes[0]?.kind, /tls|gone/);
});
