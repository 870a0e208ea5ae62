import type { Connection } from 'mysql2/promise';
import t from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { PASSWORDS } from '../servers/accounts.js';
import { serverUnavailable, startReplication } from '../servers/servers.js';

const RULES = [
  { name: 'schema', match: { database: 'dw' }, action: { cluster: 'other' }, continue: true },
  { name: 'account', match: { user: 'admin', listener: 'replica' }, action: { cluster: 'other', route: 'primary' } },
  { name: 'table', match: { table: 'only_there' }, action: { cluster: 'other' } },
  { name: 'backend', match: { comment: 'by_name' }, action: { backend: 'db-there' } },
];

async function port(client: Connection, sql = 'SELECT @@port AS port'): Promise<unknown> {
  const [rows] = await client.query(sql);
  return (rows as { port: number }[])[0]?.port;
}

t.test('several clusters behind one proxy', { skip: (await serverUnavailable('mysql')) ?? false }, async (t) => {
  const here = await startReplication({ flavor: 'mysql', replicas: 0 });
  const there = await startReplication({ flavor: 'mysql', replicas: 0 });
  t.teardown(() => Promise.all([here.stop(), there.stop()]));
  for (const { primary } of [here, there]) {
    await primary.sql('CREATE TABLE test1.both_have (port INT)');
    await primary.sql(`INSERT INTO test1.both_have VALUES (${primary.port})`);
  }
  await there.primary.sql('CREATE DATABASE dw');
  await there.primary.sql("GRANT ALL ON dw.* TO app@'%'");
  await there.primary.sql('CREATE TABLE test1.only_there (port INT)');
  await there.primary.sql(`INSERT INTO test1.only_there VALUES (${there.primary.port})`);
  const { host, port: otherPort } = there.primary;
  const other = {
    backends: [{ name: 'db-there', address: `${host}:${otherPort}` }],
    monitor: { user: 'pointsman', password: PASSWORDS.pointsman },
  };
  const proxy = await startPointsman({ servers: here, config: { clusters: { other }, rules: RULES } });
  t.teardown(() => proxy.stop());
  const [ours, theirs] = [here.primary.port, there.primary.port];

  await t.test('by table, statement for statement; the session uses both in turn', async (t) => {
    const client = await proxy.connect('split');
    await client.query('SET @x = 5, sql_mode = "ANSI"');
    for (let turn = 0; turn < 3; turn++) {
      t.equal(await port(client), ours);
      t.equal(await port(client, 'SELECT port, @@port FROM only_there'), theirs);
      t.equal(await port(client, 'SELECT @x + 0 AS port FROM only_there'), 5, 'user variables come along');
      t.equal(await port(client, "SELECT @@sql_mode LIKE '%ANSI%' AS port FROM only_there"), 1, 'and system variables');
    }
    await client.query('BEGIN');
    t.equal(await port(client, 'SELECT port FROM both_have'), ours);
    t.match(
      await port(client, 'SELECT port FROM only_there').catch((error: unknown) => error),
      { errno: 1146 },
      'a transaction stays where it is',
    );
    await client.query('COMMIT');
    t.equal(await port(client, '/* by_name */ SELECT @@port AS port'), theirs);
    const [rows] = await client.execute('SELECT port FROM only_there WHERE port <> ?', [1]);
    t.same(rows, [{ port: theirs }], 'prepared');
    await client.end();
  });

  await t.test('by schema: USE, COM_INIT_DB, at login, change of user', async (t) => {
    const client = await proxy.connect('split');
    await client.query('USE dw');
    t.equal(await port(client), theirs);
    t.match(await client.query('USE nowhere').catch((error: unknown) => error), { errno: /1044|1049/ });
    t.equal(await port(client, 'SELECT DATABASE() AS port'), 'dw', 'a USE that fails changes nothing');
    await client.query('USE test1');
    t.equal(await port(client), ours);
    t.equal(await port(client, 'SELECT DATABASE() AS port'), 'test1');
    await client.query('USE dw');
    t.equal(await port(client, 'SELECT DATABASE() AS port'), 'dw');
    t.equal(await port(client), theirs);
    await client.end();
    const direct = await proxy.connect('primary', { database: 'dw' });
    t.equal(await port(direct), theirs, 'its login was proven there: here is no such schema');
    await direct.changeUser({ user: 'app', password: PASSWORDS.app, database: 'test1' });
    t.equal(await port(direct), ours);
    await direct.changeUser({ user: 'app', password: PASSWORDS.app, database: 'dw' });
    t.equal(await port(direct), theirs);
    await direct.end();
  });

  await t.test('by account and listener', async (t) => {
    const admin = await proxy.connect('replica', { account: 'admin' });
    t.equal(await port(admin), theirs);
    await admin.end();
    const app = await proxy.connect('replica');
    t.equal(await port(app), ours);
    await app.end();
  });
});
