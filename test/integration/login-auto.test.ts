import { type Connection, createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, frameOf, HEADER, nativeAnswer, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, type ReplicationSet, type Server, serverUnavailable, startReplication, until } from '../servers/servers.js';

/** Nothing but servers and the monitor's account. */
const NOTHING = { users: [], auth: { mode: 'auto', verifyInterval: '2s' } };

type Login = { user: string; password: string; route?: 'primary' | 'replica'; tls?: boolean };

async function comesIn(proxy: RunningPointsman, { user, password, route = 'primary', tls = false }: Login): Promise<string> {
  try {
    const options = { host: '127.0.0.1', port: proxy.ports[route], user, password, database: 'test1' };
    const connection = await createConnection({ ...options, ...(tls && { ssl: { rejectUnauthorized: false } }) });
    const [rows] = await connection.query('SELECT CURRENT_USER() AS me');
    await connection.end();
    return (rows as { me: string }[])[0]?.me ?? '';
  } catch (error) {
    return `${(error as { errno?: number }).errno}: ${(error as Error).message}`;
  }
}

async function sql(set: ReplicationSet, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await set.primary.sql(statement);
}

/** An account made, used, changed, locked and dropped while the proxy runs. */
async function lifeOfAnAccount(t: Test, set: ReplicationSet, proxy: RunningPointsman, plugin: string, tls: boolean): Promise<void> {
  const user = `life_${plugin.slice(0, 7)}${tls ? '_tls' : ''}`;
  const mariadb = set.primary.flavor === 'mariadb';
  const by = (password: string) =>
    mariadb ? `IDENTIFIED VIA ${plugin} USING PASSWORD('${password}')` : `IDENTIFIED WITH ${plugin} BY '${password}'`;
  const login = (password: string) => comesIn(proxy, { user, password, tls });
  t.match(await login('one'), /^1045: Access denied for user '.*'@'127\.0\.0\.1' \(using password: YES\)$/, 'before it was made');
  await sql(set, `CREATE USER ${user}@'%' ${by('one')}`, `GRANT ALL ON test1.* TO ${user}@'%'`);
  t.equal(await login('one'), `${user}@%`, 'made a moment ago');
  t.equal(await login('one'), `${user}@%`, 'once more');
  t.match(await login('two'), /^1045: /, 'a wrong password');
  t.match(await login(''), /^1045: .*\(using password: NO\)$/, 'none');
  await sql(set, `ALTER USER ${user}@'%' ${by('two')}`);
  t.equal(await login('two'), `${user}@%`, 'the new password at once');
  await until('the old password is refused', async () => (await login('one')).startsWith('1045: '), 10_000);
  t.equal(await login('two'), `${user}@%`, 'which says nothing against the new one');
  await sql(set, `ALTER USER ${user}@'%' ACCOUNT LOCK`);
  await until('the locked account is refused', async () => /^(3118|4151|1045): /.test(await login('two')), 10_000);
  await sql(set, `ALTER USER ${user}@'%' ACCOUNT UNLOCK`);
  t.equal(await login('two'), `${user}@%`, 'unlocked');
  await sql(set, `DROP USER ${user}@'%'`);
  await until('the dropped account is refused', async () => (await login('two')).startsWith('1045: '), 10_000);
}

async function pinsOf(proxy: RunningPointsman, user: string): Promise<unknown> {
  const answer = await fetch(`${proxy.adminUrl}/api/v1/sessions`);
  const { sessions } = (await answer.json()) as { sessions: { user: string; pinReasons: string[] }[] };
  return sessions.find((session) => session.user === user)?.pinReasons;
}

async function connected(proxy: RunningPointsman, user: string, password: string): Promise<Connection> {
  const connection = await createConnection({ host: '127.0.0.1', port: proxy.ports.primary, user, password, database: 'test1' });
  await connection.query('SELECT 1');
  return connection;
}

/** COM_CHANGE_USER as libmysqlclient does it; gives the first byte of the last answer. The login's secret is not known to the proxy. */
async function changeWithOldNonce(proxy: RunningPointsman, user: string, password: string): Promise<number | undefined> {
  const client = await WireClient.open({ port: proxy.ports.primary, user: 'app', password: 'app' });
  const answer = nativeAnswer(password, client.nonce);
  const parts = [
    Buffer.from(`\x11${user}\0`),
    Buffer.of(20),
    answer,
    Buffer.from('test1\0'),
    Buffer.of(45, 0),
    Buffer.from('mysql_native_password\0'),
  ];
  client.packet(Buffer.concat(parts));
  let frame = await client.frame();
  if (frame[HEADER] === 0xfe) {
    client.send(frameOf(answer, (frame[3] as number) + 1));
    frame = await client.frame();
  }
  const end = frame[HEADER];
  if (end === 0) {
    const me = await client.value('SELECT CURRENT_USER()');
    if (me !== `${user}@%`) throw new Error(`changed to ${me}`);
  }
  client.close();
  return end;
}

async function isMovable(proxy: RunningPointsman, user: string, password: string): Promise<boolean> {
  const connection = await connected(proxy, user, password);
  const pins = await pinsOf(proxy, user);
  await connection.end();
  return Array.isArray(pins) && pins.length === 0;
}

async function changes(t: Test, set: ReplicationSet, proxy: RunningPointsman): Promise<void> {
  const mysql = set.primary.flavor === 'mysql';
  const plugins = mysql ? ['mysql_native_password', 'caching_sha2_password', 'sha256_password'] : ['mysql_native_password'];
  const name = (plugin: string) => `change_${plugin.slice(0, 7)}`;
  for (const plugin of plugins) {
    const by = mysql ? `WITH ${plugin} BY` : 'BY';
    await sql(set, `CREATE USER ${name(plugin)}@'%' IDENTIFIED ${by} 'one'`, `GRANT ALL ON test1.* TO ${name(plugin)}@'%'`);
  }
  const connection = await connected(proxy, 'app', 'app');
  connection.on('error', () => undefined);
  const me = async () => ((await connection.query('SELECT CURRENT_USER() AS me')) as [{ me: string }[], unknown])[0][0]?.me;
  for (const plugin of plugins.concat(plugins)) {
    await connection.changeUser({ user: name(plugin), password: 'one', database: 'test1' });
    t.equal(await me(), `${name(plugin)}@%`, plugin);
    await connection.changeUser({ user: 'app', password: 'app' });
    t.equal(await me(), 'app@%');
  }
  t.equal(await changeWithOldNonce(proxy, name('mysql_native_password'), 'one'), 0x00, 'a client that answers with the nonce of its login');
  t.equal(await changeWithOldNonce(proxy, name('mysql_native_password'), 'two'), 0xff, 'the same with a wrong password');
  const hasty = await WireClient.open({ port: proxy.ports.primary, user: 'app', password: 'app' });
  const change = `\x11${name('mysql_native_password')}\0\0test1\0\x2d\0mysql_native_password\0`;
  hasty.send(Buffer.concat([frameOf(change), frameOf(Buffer.of(0x0e))]));
  t.equal(errorOf(await hasty.frame())?.code, 1156, 'a command where the answer to the switch should be, as servers say');
  hasty.close();
  await t.rejects(connection.changeUser({ user: name(plugins[0] ?? ''), password: 'two' }), { code: 'ER_ACCESS_DENIED_ERROR' });
  await t.rejects(connection.query('SELECT 1'), 'a client that fails is closed');
}

async function noServer(t: Test, set: ReplicationSet, proxy: RunningPointsman): Promise<void> {
  await sql(set, "CREATE USER late@'%' IDENTIFIED BY 'late'", "GRANT ALL ON test1.* TO late@'%'");
  await sql(set, "GRANT SELECT ON mysql.user TO pointsman@'%'");
  await until('the secret of app is known', () => isMovable(proxy, 'app', 'app'));
  for (const server of set.servers) await server.kill9();
  const known = createConnection({ host: '127.0.0.1', port: proxy.ports.primary, user: 'app', password: 'app', database: 'test1' });
  const unknown = comesIn(proxy, { user: 'late', password: 'late' });
  const wrong = comesIn(proxy, { user: 'app', password: 'wrong' });
  t.type((await known).threadId, 'number', 'the known one is in while all servers are down');
  for (const server of set.servers) await server.start();
  t.equal(await unknown, 'late@%', 'the unknown one, once a server could be asked');
  t.match(await wrong, /^1045: /);
  const [rows] = await (await known).query('SELECT CURRENT_USER() AS me');
  t.same(rows, [{ me: 'app@%' }], 'and its first statement ran then');
  await (await known).end();
}

/** The servers' word goes: sessions whose secret is known go on at the next primary, relayed ones are told and closed. */
async function lossOfThePrimary(t: Test, set: ReplicationSet, proxy: RunningPointsman, movable: readonly string[]): Promise<void> {
  const [replica] = set.replicas;
  if (replica === undefined) throw new Error('no replica');
  const users = movable.concat('relayed');
  const connections = await Promise.all(users.map((user) => connected(proxy, user, 'secret')));
  for (const connection of connections) connection.on('error', () => undefined);
  for (const user of movable) t.same(await pinsOf(proxy, user), [], `${user} can move`);
  t.match(await pinsOf(proxy, 'relayed'), [/^login /], 'a relayed login says that it cannot');
  await set.primary.kill9();
  await set.promote(replica);
  for (const [index, user] of movable.entries()) {
    const [rows] = await (connections[index] as Connection).query('SELECT @@port AS port');
    t.equal((rows as { port: number }[])[0]?.port, replica.port, `${user} goes on`);
  }
  await t.rejects(
    (connections.at(-1) as Connection).query('SELECT 1'),
    { errno: 9502, message: /the login itself/ },
    'the relayed one is told why',
  );
  t.match(await comesIn(proxy, { user: 'relayed', password: 'secret' }), /^relayed@/, 'and logs in anew');
  for (const connection of connections) connection.destroy();
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: nothing configured but the servers`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const native = flavor === 'mysql' ? "IDENTIFIED WITH mysql_native_password BY 'secret'" : "IDENTIFIED BY 'secret'";
    const workers = flavor === 'mysql' ? 2 : 1;
    const proxy = await startPointsman({ servers: set, config: NOTHING, listenerTls: 'prefer', workers });
    t.teardown(() => proxy.stop());

    await t.test('the accounts of the servers come in with their passwords', async (t) => {
      t.equal(await comesIn(proxy, { user: 'app', password: 'app' }), 'app@%');
      t.equal(await comesIn(proxy, { user: 'app', password: 'app', tls: true }), 'app@%');
      t.equal(await comesIn(proxy, { user: 'app', password: 'app', route: 'replica' }), 'app@%');
      t.match(await comesIn(proxy, { user: 'app', password: 'wrong' }), /^1045: /);
      t.match(
        await comesIn(proxy, { user: 'nobody', password: 'wrong' }),
        /^1045: Access denied for user 'nobody'@'127\.0\.0\.1' \(using password: YES\)$/,
      );
    });

    for (const plugin of flavor === 'mysql'
      ? ['mysql_native_password', 'caching_sha2_password', 'sha256_password']
      : ['mysql_native_password']) {
      for (const tls of [false, true]) {
        await t.test(`life of an account: ${plugin}${tls ? ' with TLS' : ''}`, (t) => lifeOfAnAccount(t, set, proxy, plugin, tls));
      }
    }

    await t.test('a change of user is judged like a login', (t) => changes(t, set, proxy));

    await t.test('with no server up a known secret suffices, and an unknown one waits for a server', (t) => noServer(t, set, proxy));

    await t.test('what is learnt moves with the session, with the hashes readable or not', async (t) => {
      await sql(
        set,
        `CREATE USER hashed@'%' ${native}`,
        `CREATE USER relayed@'%' ${native}`,
        `CREATE USER reader@'%' IDENTIFIED BY 'reader'`,
      );
      await sql(set, `GRANT SELECT ON mysql.user TO pointsman@'%'`);
      const movable = ['hashed'];
      if (flavor === 'mysql') {
        await sql(set, `CREATE USER cached@'%' IDENTIFIED WITH caching_sha2_password BY 'secret'`);
        movable.push('cached');
      }
      for (const user of [...movable, 'relayed']) await sql(set, `GRANT ALL ON test1.* TO ${user}@'%'`);
      await until('the replica has them all', async () => {
        const rows = await (set.replicas[0] as Server).sql("SELECT user FROM mysql.user WHERE user = 'relayed'");
        return rows.length === 1;
      });
      await until('a login by the hash can move', () => isMovable(proxy, 'hashed', 'secret'));
      await sql(set, `REVOKE SELECT ON mysql.user FROM pointsman@'%'`);
      await lossOfThePrimary(t, set, proxy, movable);
    });
  });
}

/** Logins at the primary that have not been proven. */
async function unproven(set: ReplicationSet): Promise<number> {
  const rows = await set.primary.sql(
    "SELECT id FROM information_schema.processlist WHERE user = 'unauthenticated user' OR command = 'Connect'",
  );
  return rows.length;
}

const unavailable = await serverUnavailable('mariadb');
t.test('wrong passwords are slowed down for one account and address only', { skip: unavailable ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 0 });
  t.teardown(() => set.stop());
  const proxy = await startPointsman({ servers: set, config: NOTHING });
  t.teardown(() => proxy.stop());
  const codes = new Map<string, number>();
  const guess = async (password: string): Promise<void> => {
    const client = await WireClient.dial(proxy.ports.primary);
    await client.greeted();
    client.send(frameOf(client.loginPayload({ port: 0, user: 'app', password }), 1));
    let frame = await client.frame();
    if (frame[4] === 0xfe) {
      client.answerSwitch(frame, password);
      frame = await client.frame();
    }
    const code = String(errorOf(frame)?.code);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    client.close();
  };
  for (let round = 0; round < 50; round++) await Promise.all(Array.from({ length: 20 }, (_, i) => guess(`wrong ${round} ${i}`)));
  t.ok((codes.get('1045') ?? 0) >= 20 && (codes.get('9506') ?? 0) >= 800, JSON.stringify([...codes]));
  t.match(
    await comesIn(proxy, { user: 'app', password: 'app' }),
    /^9506: Too many failed logins of 'app'@'127\.0\.0\.1'; try again in \d+ s$/,
  );
  await sql(set, "CREATE USER bystander@'%' IDENTIFIED BY 'x'", "GRANT ALL ON test1.* TO bystander@'%'");
  t.equal(await comesIn(proxy, { user: 'bystander', password: 'x' }), 'bystander@%', 'another account of the same address');
  // Logins that are opened and never answered hold a few connections of the server, not all it has.
  const silent = await Promise.all(Array.from({ length: 200 }, () => WireClient.dial(proxy.ports.primary)));
  for (const [index, client] of silent.entries()) {
    await client.greeted();
    client.send(frameOf(client.loginPayload({ port: 0, user: `silent${index}` }), 1));
  }
  await until('some were asked for another answer', async () => (await unproven(set)) > 0);
  for (let i = 0; i < 20; i++) t.ok((await unproven(set)) <= 8, 'no more than eight of one address at once');
  for (const client of silent) client.close();
  await until('they are gone', async () => (await unproven(set)) === 0);
  await until('the account comes in again', async () => (await comesIn(proxy, { user: 'app', password: 'app' })) === 'app@%', 20_000);
});

t.test('a password in clear without TLS is looked at where that is allowed', { skip: unavailable ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 0 });
  t.teardown(() => set.stop());
  for (const allowClearText of [true, false]) {
    const proxy = await startPointsman({ servers: set, config: { auth: { mode: 'auto', allowClearText } } });
    const client = await WireClient.dial(proxy.ports.primary);
    await client.greeted();
    const head = client.loginPayload({ port: 0, database: '' }).subarray(0, 32);
    const login = Buffer.concat([head, Buffer.from('app\0'), Buffer.of(4), Buffer.from('app\0'), Buffer.from('mysql_clear_password\0')]);
    client.send(frameOf(login, 1));
    const frame = await client.frame();
    if (allowClearText) t.equal(frame[HEADER], 0x00, 'let in');
    else t.match(frame.toString('latin1', HEADER), /^\xfemysql_native_password\0/, 'switched to another plugin');
    client.close();
    await proxy.stop();
  }
});
