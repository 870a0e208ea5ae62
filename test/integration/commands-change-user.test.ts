import type { Connection, RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { COM, command, query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, HEADER, nativeAnswer, WireClient } from '../proxy/wire-client.js';
import { type Account, DATABASE, FLAVORS, type Flavor, PASSWORDS, serverUnavailable, startReplication } from '../servers/servers.js';

type Change = { user: Account | string; password?: string; database?: string };

async function value(connection: Connection, sql: string): Promise<unknown> {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return Object.values(rows[0] ?? {})[0];
}

function change(connection: Connection, { user, password, database }: Change): Promise<string> {
  const options = { user, password: password ?? PASSWORDS[user as Account] ?? '', ...(database === undefined ? {} : { database }) };
  return connection.changeUser(options).then(
    () => 'changed',
    (error: { errno?: number; code?: string }) => String(error.errno ?? error.code),
  );
}

/** What one conversation saw, to be compared with the same on a direct connection. */
async function conversation(connection: Connection, flavor: Flavor): Promise<unknown[]> {
  const seen: unknown[] = [];
  const look = async (): Promise<void> => {
    seen.push(
      await value(connection, 'SELECT CONCAT(CURRENT_USER(), " ", IFNULL(DATABASE(), "-"), " ", IFNULL(@left, "-"), " ", @@autocommit)'),
    );
    seen.push(await value(connection, 'SELECT @@SESSION.sort_buffer_size = @@GLOBAL.sort_buffer_size'));
  };
  await look();
  const others: Change[] = [
    { user: 'app_native', database: DATABASE },
    { user: 'admin', database: 'information_schema' },
    { user: 'app', database: DATABASE },
    ...(flavor === 'mysql'
      ? [
          { user: 'app_sha2', database: DATABASE },
          { user: 'app', database: DATABASE },
        ]
      : []),
    { user: 'app_native' },
  ];
  for (const other of others) {
    await connection.query('SET @left = 1, SESSION sort_buffer_size = 300000, autocommit = 0');
    await connection.query('CREATE TEMPORARY TABLE IF NOT EXISTS test1.left_behind (a INT)');
    await connection.execute('SELECT ?', ['prepared before']);
    seen.push(await change(connection, other));
    await look();
    seen.push(await connection.query('SELECT * FROM test1.left_behind').catch((error: { errno: number }) => error.errno));
    seen.push((await connection.execute('SELECT ? AS echo', ['prepared after']))[0]);
  }
  return seen;
}

async function refused(proxy: RunningPointsman, port: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const other of [
    { user: 'app', password: 'wrong' },
    { user: 'nobody', password: 'x' },
    { user: 'nobody', password: '' },
    { user: 'app', database: 'mysql' },
    { user: 'app', database: 'no_such' },
  ]) {
    const connection = await proxy.connect('primary', { port });
    seen.push(await change(connection, other));
    seen.push(await value(connection, 'SELECT 1').catch(() => 'closed'));
    connection.destroy();
  }
  return seen;
}

/** An open transaction is rolled back, and everything written by hand: the answer in the COM_CHANGE_USER counts where its nonce is ours. */
async function byHand(t: Test, proxy: RunningPointsman): Promise<void> {
  const client = await WireClient.open({ port: proxy.ports.primary });
  await client.command(query('BEGIN'));
  await client.command(query("INSERT INTO kept VALUES ('rolled back')"));
  const change = (user: string, password: string, plugin: string): Buffer => {
    const answer = nativeAnswer(password, client.nonce);
    return command(COM.changeUser, `${user}\0`, Buffer.of(answer.length), answer, 'test1\0', Buffer.of(8, 0), `${plugin}\0`);
  };
  client.packet(change('app_native', 'app', 'mysql_native_password'));
  let frame = await client.frame();
  if (frame[HEADER] === 0xfe) {
    client.answerSwitch(frame);
    frame = await client.frame();
  }
  t.equal(frame[HEADER], 0x00, 'changed');
  t.equal(
    await client.value('SELECT CONCAT(CURRENT_USER(), @@character_set_client, COUNT(*)) FROM kept'),
    'app_native@%latin10',
    'another account, charset as asked, nothing kept',
  );
  client.packet(change('app', 'app', 'some_plugin_nobody_has'));
  const switched = await client.frame();
  t.equal(switched[HEADER], 0xfe, 'an unknown plugin is switched');
  client.answerSwitch(switched);
  t.equal((await client.frame())[HEADER], 0x00, 'and then accepted');
  client.packet(change('app', 'wrong', 'mysql_native_password'));
  let last = await client.frame();
  if (last[HEADER] === 0xfe) {
    client.answerSwitch(last, 'wrong');
    last = await client.frame();
  }
  t.match(errorOf(last), { code: 1045, sqlState: '28000' }, 'a wrong password');
  t.same(await client.toTheEnd(), [], 'is the end of the connection');
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: change of user`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1, tls: true });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set, listenerTls: 'prefer' });
    t.teardown(() => proxy.stop());
    await set.primary.sql('CREATE TABLE test1.kept (what VARCHAR(30))');
    for (const ssl of [undefined, { rejectUnauthorized: false }]) {
      const how = ssl === undefined ? 'without TLS' : 'with TLS';
      const options = { account: 'app', database: DATABASE, ...(ssl === undefined ? {} : { ssl }) } as const;
      const direct = await proxy.connect('primary', { ...options, port: set.primary.port });
      const proxied = await proxy.connect('primary', options);
      t.same(await conversation(proxied, flavor), await conversation(direct, flavor), `changes ${how} as on the server`);
      direct.destroy();
      proxied.destroy();
    }
    const expected = await refused(proxy, set.primary.port);
    // MariaDB lets a client go on as whoever it was before (three times, a second each); we end it as MySQL does.
    const ended = expected.map((each) => (each === 1 ? 'closed' : each));
    t.same(await refused(proxy, proxy.ports.primary), ended, 'refusals as on the server');
    await byHand(t, proxy);
  });
}
