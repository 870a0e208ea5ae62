import t from 'tap';
import { FLAVORS } from '../servers/flavor.js';
import { replicaStatement, until } from '../servers/replication.js';
import { type Client, errno, sleep, World } from './session-world.js';

interface SessionView {
  readonly id: number;
  readonly backend?: string;
  readonly backendThread?: number;
  readonly parked: readonly { readonly backend: string; readonly backendThread: number }[];
}

/** A split session has a connection to a replica and one to the primary: what it feels when it loses one of them. */
for (const flavor of FLAVORS) {
  t.test(`${flavor}: servers die under split sessions`, { timeout: 240_000 }, async (t) => {
    const world = await World.start(flavor, { replicas: 2, mode: 'promote' });
    t.teardown(() => world.stop());
    const setup = await world.client();
    await setup.query('CREATE TABLE s (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(40))');
    await setup.query("INSERT INTO s (v) VALUES ('a'), ('b'), ('c')");
    await world.set.caughtUp();
    const sessionOf = async (client: Client): Promise<SessionView> => {
      const id = (client.connection as unknown as { connection: { threadId: number } }).connection.threadId;
      const { sessions } = (await world.proxy.get('/api/v1/sessions')) as { sessions: SessionView[] };
      return sessions.find((each) => each.id === id) as SessionView;
    };
    const split = async (): Promise<Client> => {
      const client = await world.client('split');
      await client.query("SET SESSION sql_mode='ANSI_QUOTES', @mine = 'kept'");
      await client.value('SELECT COUNT(*) FROM s');
      return client;
    };

    await t.test('the connections of a session', async (t) => {
      const client = await split();
      const reading = await sessionOf(client);
      t.not(reading.backend, 'db1', 'the read was on a replica');
      t.same(
        reading.parked.map(({ backend }) => backend),
        ['db1'],
      );
      await client.query("INSERT INTO s (v) VALUES ('d')");
      const writing = await sessionOf(client);
      t.equal(writing.backend, 'db1');
      t.match(writing.parked, [{ backend: reading.backend as string, backendThread: reading.backendThread as number }], 'and back');
      await client.connection.changeUser({ user: 'app_native', password: 'app_native' }).catch(() => undefined);
      t.same((await sessionOf(client))?.parked ?? [], [], 'another account begins anew');
      await client.connection.end();
    });

    await t.test('KILL by either of its ids ends it, wait_timeout of the one that waits does not', async (t) => {
      const [byReader, byWriter, waits] = [await split(), await split(), await split()];
      const { backend, backendThread } = await sessionOf(byReader);
      const server = world.set.servers.find(({ name }) => name === backend);
      await server?.sql(`KILL ${backendThread}`);
      await until('ended with its present connection', () => byReader.cut);
      await world.primary.sql(`KILL ${(await sessionOf(byWriter)).parked[0]?.backendThread}`);
      await until('ended with its parked connection', () => byWriter.cut);
      await waits.query('SET SESSION wait_timeout = 2');
      for (let i = 0; i < 12; i++) {
        t.equal(await waits.value('SELECT COUNT(*) > 0 FROM s'), 1);
        await sleep(300);
      }
      t.same((await sessionOf(waits)).parked, [], 'the one to the primary lay idle for too long');
      t.equal(errno(await waits.query("INSERT INTO s (v) VALUES ('later')")), 0, 'and is opened again');
      t.equal(await waits.value('SELECT CONCAT(@@sql_mode, @mine)'), 'ANSI_QUOTESkept');
      await until('idle altogether, it is ended', () => waits.cut);
    });

    await t.test('KILL QUERY by CONNECTION_ID() reaches what runs on the replica', async (t) => {
      const [victim, killer] = [await split(), await split()];
      const id = await victim.value('SELECT CONNECTION_ID()');
      const running = victim.query('SELECT COUNT(*) FROM s WHERE SLEEP(2) = 0');
      await sleep(400);
      t.not((await sessionOf(victim)).backend, 'db1', 'it runs on a replica');
      t.equal(errno(await killer.query(`KILL QUERY ${id}`)), 0);
      t.equal(errno(await running), 1317);
      t.equal(errno(await victim.query(`KILL QUERY ${id}`)), 1317, 'its own');
      t.equal(await victim.value('SELECT COUNT(*) > 2 FROM s'), 1);
      t.equal(errno(await killer.query(`KILL ${id}`)), 0);
      await until('ended', () => victim.cut);
      t.equal(await killer.value('SELECT COUNT(*) > 2 FROM s'), 1);
      await killer.connection.end();
    });

    await t.test('a schema and an account that the replicas do not know yet', async (t) => {
      for (const server of world.set.replicas) await server.sql(replicaStatement(server, 'STOP'));
      const root = world.primary;
      await root.sql('CREATE DATABASE young');
      await root.sql('CREATE TABLE young.t (x INT)');
      await root.sql('INSERT INTO young.t VALUES (1)');
      await root.sql("GRANT ALL ON young.* TO app@'%'");
      const client = await world.client('split', { database: 'young' });
      t.equal(await client.value('SELECT x FROM t'), 1, 'read on the primary');
      const old = await split();
      t.equal(await old.value('SELECT x FROM young.t'), 1);
      t.equal(errno(await old.query('USE young')), 0);
      t.equal(await old.value('SELECT x FROM t'), 1);
      // A statement belongs to the schema of its PREPARE, also where it is prepared again.
      const statement = await old.connection.prepare('SELECT x, "x" AS again FROM t');
      await old.query("USE test1; SET SESSION sql_mode = ''");
      await old.query('BEGIN');
      t.match((await statement.execute([]))[0], [{ x: 1, again: 1 }]);
      await old.query('COMMIT');
      await client.connection.end();
      await old.connection.end();
      for (const server of world.set.replicas) await server.sql(replicaStatement(server, 'START'));
      await world.set.caughtUp();
    });

    await t.test('cursors and long data are where they were begun', async (t) => {
      const client = await split();
      const statement = await client.connection.prepare('SELECT id, ? AS given FROM s ORDER BY id');
      const [rows] = await statement.execute(['x']);
      t.match(rows, [{ given: 'x' }]);
      await client.query("INSERT INTO s (v) VALUES ('e')");
      await client.query('BEGIN');
      const [inside] = await statement.execute(['y']);
      t.match(inside, [{ given: 'y' }], 'prepared on the primary too');
      await client.query('COMMIT');
      await world.set.caughtUp();
      const [after] = await statement.execute([7]);
      t.match(after, [{ given: 7 }], 'another type, back on the replica');
      await statement.close();
      await client.connection.end();
    });

    const idle = await split();
    const prepared = await split();
    const statement = await prepared.connection.prepare('SELECT v, ? AS n FROM s WHERE id = ?');
    await statement.execute([1, 1]);
    const transaction = await split();
    await transaction.query('START TRANSACTION READ ONLY');
    await transaction.value('SELECT COUNT(*) FROM s');
    const { backend } = await sessionOf(transaction);
    const victim = world.set.servers.find(({ name }) => name === backend);

    await t.test('a replica dies: reads go on elsewhere', async (t) => {
      const slow = await world.client('split');
      await slow.value('SELECT 1');
      const onVictim = (await sessionOf(slow)).backend === victim?.name;
      const running = slow.query('SELECT SLEEP(2) AS slept');
      await sleep(300);
      await victim?.kill9();
      const outcome = await running;
      t.match(
        outcome,
        { rows: [{ slept: 0 }] },
        `the running read is run again (${onVictim ? 'it was on the dead one' : 'it was elsewhere'})`,
      );
      for (const client of [idle, prepared]) t.ok(Number(await client.value('SELECT COUNT(*) FROM s')) > 3);
      t.equal(await idle.value('SELECT CONCAT(@@sql_mode, @mine)'), 'ANSI_QUOTESkept');
      const [rows] = await statement.execute([5, 2]);
      t.match(rows, [{ v: 'b', n: 5 }]);
      t.ok(Number(await transaction.value('SELECT COUNT(*) FROM s')) > 3, 'a transaction that was there is replayed on another');
      t.equal(errno(await transaction.query('ROLLBACK')), 0);
      t.ok(Number(await transaction.value('SELECT COUNT(*) FROM s')) > 3);
      t.notOk(idle.cut || prepared.cut || slow.cut || transaction.cut);
      await slow.connection.end();
    });

    await t.test('the primary dies: reads do not notice, writes wait for the next one', async (t) => {
      const pinned = await split();
      await pinned.query('CREATE TEMPORARY TABLE gone (x INT)');
      await idle.query("INSERT INTO s (v) VALUES ('before')");
      t.ok(Number(await prepared.value('SELECT COUNT(*) FROM s')) > 3);
      const { clusters } = (await world.proxy.get('/api/v1/status')) as { clusters: { primary: string }[] };
      const primary = world.set.servers.find(({ name }) => name === clusters[0]?.primary) ?? world.primary;
      if (primary !== world.primary) t.comment(`${primary.name} is primary: ${JSON.stringify(await world.proxy.get('/api/v1/failovers'))}`);
      await primary.kill9();
      await until('its connection to the primary is gone', async () => (await sessionOf(prepared)).parked.length === 0);
      const write = prepared.query("INSERT INTO s (v) VALUES ('after')");
      const reads: number[] = [];
      const reader = await world.client('split');
      const from = performance.now();
      while (performance.now() - from < 1000) {
        const asked = performance.now();
        t.equal(errno(await reader.query('SELECT COUNT(*) FROM s')), 0);
        reads.push(performance.now() - asked);
        await sleep(20);
      }
      t.comment(`${reads.length} reads while there was no primary, the longest ${Math.max(...reads).toFixed(0)} ms`);
      t.equal(errno(await write), 0, 'the write was held');
      t.equal(await idle.value('SELECT CONCAT(@@sql_mode, @mine)'), 'ANSI_QUOTESkept');
      t.equal(errno(await pinned.query('SELECT * FROM gone')), 9502, 'what was on it is named');
      t.equal(errno(await pinned.query('CREATE TEMPORARY TABLE gone (x INT)')), 0);
      const [rows] = await statement.execute([6, 1]);
      t.match(rows, [{ v: 'a', n: 6 }]);
      t.notOk([idle, prepared, pinned, reader].some(({ cut }) => cut));
      for (const { connection } of [idle, prepared, pinned, reader, transaction, setup]) await connection.end().catch(() => undefined);
    });
  });
}
