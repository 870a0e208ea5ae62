import type { Connection } from 'mysql2/promise';
import t from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { FLAVORS, type Server, serverUnavailable, startReplication } from '../servers/servers.js';

type Rows = readonly Record<string, unknown>[];

async function one(client: Connection, sql: string, binary = false): Promise<unknown> {
  const [rows] = binary ? await client.execute(sql) : await client.query(sql);
  return Object.values((rows as Rows)[0] ?? {})[0];
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: each statement gets the server that is right for it`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    // Where a read runs is asked here, not what it must see: after some statements the primary would answer for a moment (consistency.test.ts).
    const config = { clusters: { main: { replicas: { consistency: 'eventual' }, safeFunctions: ['test1.split_safe'] } } };
    const proxy = await startPointsman({ servers: set, config });
    t.teardown(async () => {
      await proxy.stop();
      await set.stop();
    });
    const [primary, replica] = set.servers.map(({ port }) => port);
    const caughtUp = () => set.caughtUp();
    const boss = await proxy.connect('primary', { account: 'admin', multipleStatements: true });
    await boss.query('CREATE DATABASE split_other');
    await boss.query(`GRANT ALL ON split_other.* TO app@'%'`);
    for (const server of set.servers) await server.sql('SET GLOBAL log_bin_trust_function_creators = 1');
    // The replica says something else than the primary, so that a read tells where it ran.
    await boss.query('CREATE TABLE test1.whoami (port INT PRIMARY KEY)');
    await boss.query(`INSERT INTO test1.whoami VALUES (${primary})`);
    await caughtUp();
    const root = await (set.replicas[0] as Server).connectAsRoot();
    if (flavor === 'mysql') await root.query('SET GLOBAL super_read_only = 0');
    await root.query('SET sql_log_bin = 0');
    await root.query(`UPDATE test1.whoami SET port = ${replica}`);
    if (flavor === 'mysql') await root.query('SET GLOBAL super_read_only = 1');
    await root.end();
    const client = await proxy.connect('split', { multipleStatements: true });
    const where = (sql = 'SELECT port FROM whoami') => one(client, sql);

    await t.test('reads and writes', async (t) => {
      await client.query('CREATE TABLE split_t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50), p INT)');
      await client.query("INSERT INTO split_t (v, p) VALUES ('a', @@port)");
      await caughtUp();
      t.equal(await one(client, 'SELECT p FROM split_t'), primary, 'a write runs on the primary');
      t.equal(await where(), replica, 'a read on the replica, and sees the write');
      t.equal(await one(client, 'SELECT port FROM whoami', true), replica, 'prepared too');
      t.equal(await where('SELECT port FROM whoami FOR UPDATE'), primary, 'locking reads on the primary');
    });

    await t.test('transactions stay', async (t) => {
      await client.query('BEGIN');
      t.equal(await where(), primary);
      await client.query("INSERT INTO split_t (v) VALUES ('b')");
      t.equal(await one(client, 'SELECT COUNT(*) FROM split_t', true), 2);
      await client.query('ROLLBACK');
      await client.query('START TRANSACTION READ ONLY');
      t.equal(await where(), replica);
      const refused = await client.query("INSERT INTO split_t (v) VALUES ('x')").catch((error: unknown) => error);
      t.match(refused, { errno: 1792, sqlState: '25006' }, 'as on the primary');
      await client.query('COMMIT');
      for (const next of ['BEGIN', 'START TRANSACTION READ WRITE', '/* x */ begin']) {
        await client.query('START TRANSACTION READ ONLY');
        await client.query('SELECT COUNT(*) FROM split_t');
        await client.query(next);
        const wrote = await client.query("INSERT INTO split_t (v) VALUES ('y')").catch((error: { errno?: number }) => error.errno);
        // MySQL keeps the access mode over a BEGIN that says none (the oracle compares with a server alone).
        const keeps = flavor === 'mysql' && !next.includes('WRITE');
        if (keeps) t.equal(wrote, 1792, `${next} in a READ ONLY transaction begins another one`);
        else t.equal(await where(), primary, `${next} in a READ ONLY transaction ends it`);
        await client.query('ROLLBACK');
      }
      await client.query('START TRANSACTION READ ONLY');
      await client.query('CREATE TABLE split_u (x INT)');
      await client.query('DROP TABLE split_u');
      await client.query('SET autocommit=0');
      t.equal(await where(), primary);
      await client.query('COMMIT');
      await client.query('SET autocommit=1');
      t.equal(await where(), replica);
    });

    await t.test('state reaches whichever server comes next', async (t) => {
      await client.query("SET time_zone = '+05:00', sql_mode = 'ANSI_QUOTES', @a = 41");
      t.same(await where("SELECT CONCAT(@@time_zone, @@sql_mode, @a + 1, '/', port) FROM whoami"), `+05:00ANSI_QUOTES42/${replica}`);
      await client.query("SET sql_mode = DEFAULT, time_zone = 'SYSTEM'");
      await client.query('USE split_other; CREATE TABLE o (x INT); INSERT INTO o VALUES (5)');
      await caughtUp();
      t.equal(await where('SELECT CONCAT(x, DATABASE(), port) FROM o, test1.whoami'), `5split_other${replica}`);
      await client.query('USE test1');
      t.equal(await where('SELECT DATABASE()'), 'test1');
    });

    await t.test('user variables whose value the text does not tell', async (t) => {
      const other = await proxy.connect('split');
      await other.query('SET @a = 41');
      await other.query('SET @a = @a + 100');
      t.equal(await one(other, 'SELECT @a'), 141);
      await other.query('SELECT 7 INTO @b');
      t.equal(await one(other, 'SELECT @b'), 7);
      await other.end();
    });

    await t.test('what asks about the last statement', async (t) => {
      await client.query("INSERT INTO split_t (v) VALUES ('c')");
      await caughtUp();
      t.equal(await where('SELECT LAST_INSERT_ID()'), await where('SELECT MAX(id) FROM split_t'));
      await client.query('SELECT id FROM split_t LIMIT 2');
      t.equal(await where('SELECT FOUND_ROWS()'), 2);
      await client.query("UPDATE split_t SET v = CONCAT(v, 'x')");
      t.equal(await where('SELECT ROW_COUNT()'), 2);
      await client.query("SELECT CAST('12x' AS SIGNED)");
      t.match(await client.query('SHOW WARNINGS'), [[{ Code: 1292 }]]);
    });

    await t.test('temporary tables and locks make reads follow them', async (t) => {
      await client.query('CREATE TEMPORARY TABLE split_tmp (x INT); INSERT INTO split_tmp VALUES (1), (2)');
      t.equal(await where('SELECT COUNT(*) FROM split_tmp'), 2);
      t.equal(await where(), primary);
      await client.query('DROP TEMPORARY TABLE split_tmp');
      t.equal(await where(), replica);
    });

    await t.test('functions that are declared safe', async (t) => {
      const body = 'RETURNS INT READS SQL DATA RETURN (SELECT port FROM test1.whoami)';
      await boss.query(`CREATE FUNCTION split_safe() ${body}; CREATE FUNCTION split_unsure() ${body}`);
      await caughtUp();
      t.equal(await where('SELECT split_safe()'), replica);
      t.equal(await where('SELECT test1.split_safe()'), replica);
      t.equal(await where('SELECT split_unsure()'), primary);
    });

    await t.test('a view over a function that writes is a read to look at', async (t) => {
      await client.query('CREATE TABLE split_log (n INT)');
      const own = flavor === 'mysql' ? 'NOT DETERMINISTIC MODIFIES SQL DATA' : 'MODIFIES SQL DATA';
      await boss.query(`CREATE FUNCTION split_f() RETURNS INT ${own} BEGIN INSERT INTO split_log VALUES (1); RETURN 5; END`);
      await boss.query('CREATE VIEW split_v AS SELECT split_f() AS f');
      await caughtUp();
      t.equal(await one(client, 'SELECT f FROM split_v'), 5);
      t.equal(await one(client, 'SELECT f FROM split_v'), 5);
      await caughtUp();
      t.equal(await one(client, 'SELECT COUNT(*) FROM split_log'), 2, 'each time once');
    });

    await boss.end();
    await client.end();
  });
}
