import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FLAVORS } from '../servers/flavor.js';
import { replicaStatement, setReadOnly, until } from '../servers/replication.js';
import { errno, sleep, World } from './session-world.js';

for (const flavor of FLAVORS) {
  t.test(`${flavor}: endings that are no failover`, { timeout: 120_000 }, async (t) => {
    const world = await World.start(flavor, { replicas: 1 });
    t.teardown(() => world.stop());

    t.test('a session killed on a healthy server ends for its client too', async (t) => {
      const [idle, busy, untouched] = [await world.client(), await world.client(), await world.client()];
      const idleId = await idle.value('SELECT CONNECTION_ID()');
      const busyId = await busy.value('SELECT CONNECTION_ID()');
      const running = busy.query('SELECT SLEEP(30) AS slept');
      await sleep(300);
      await world.primary.sql(`KILL ${busyId}`);
      t.notMatch(await running, { rows: [{ slept: 0 }] }, 'the running statement is not run again behind the back of whoever killed it');
      await world.primary.sql(`KILL ${idleId}`);
      await until('both clients are ended', () => idle.cut && busy.cut);
      t.equal(await untouched.value('SELECT 1'), 1, 'nobody else is disturbed');
      await untouched.connection.end();
    });

    t.test('wait_timeout of the server ends the client', async (t) => {
      const client = await world.client();
      await client.query('SET SESSION wait_timeout=1');
      await until('the client is ended', () => client.cut);
      t.pass('ended by the server, passed on');
    });

    t.test('KILL QUERY interrupts and the session goes on', async (t) => {
      const client = await world.client();
      const id = await client.value('SELECT CONNECTION_ID()');
      const running = client.query(
        'SELECT COUNT(*) FROM information_schema.COLLATIONS a, information_schema.COLLATIONS b, information_schema.COLLATIONS c WHERE SLEEP(0.01)=0',
      );
      await sleep(400);
      await world.primary.sql(`KILL QUERY ${id}`);
      t.equal(errno(await running), 1317);
      t.equal(await client.value('SELECT CONNECTION_ID()'), id, 'same connection');
      await client.connection.end();
    });

    t.test('LOAD DATA LOCAL INFILE', async (t) => {
      await world.primary.sql('SET GLOBAL local_infile=1');
      const client = await world.client('primary', { flags: ['+LOCAL_FILES'], infileStreamFactory: undefined } as never);
      await client.query('CREATE TABLE loaded (n INT, s VARCHAR(200))');
      const file = join(tmpdir(), `pointsman-infile-${process.pid}`);
      t.teardown(() => rm(file, { force: true }));
      await writeFile(file, Array.from({ length: 20_000 }, (_, n) => `${n}\t${'x'.repeat(100)}\n`).join(''));
      const { createReadStream } = await import('node:fs');
      const loaded = await client.connection.query({
        sql: `LOAD DATA LOCAL INFILE '${file}' INTO TABLE loaded`,
        infileStreamFactory: (path: string) => createReadStream(path),
      } as never);
      t.match(loaded[0], { affectedRows: 20_000 });
      await client.connection.end();
    });
  });

  t.test(`${flavor}: the role moves by hand while everybody works`, { timeout: 120_000 }, async (t) => {
    const world = await World.start(flavor, { replicas: 1 });
    t.teardown(() => world.stop());
    const clients = await Promise.all(Array.from({ length: 6 }, () => world.client()));
    const inTransaction = await world.client();
    await clients[0]?.query('CREATE TABLE s (id VARCHAR(40), n INT) ENGINE=InnoDB');
    await world.set.caughtUp();
    let stop = false;
    const acknowledged: string[] = [];
    const errors: number[] = [];
    const work = clients.map(async (client, c) => {
      for (let n = 0; !stop; n += 1) {
        const result = await client.query(`INSERT INTO s VALUES ('${c}-${n}', ${n})`);
        if (errno(result) === 0) acknowledged.push(`${c}-${n}`);
        else errors.push(errno(result));
        await sleep(5);
      }
    });
    await sleep(500);
    await inTransaction.query('START TRANSACTION');
    await inTransaction.query("INSERT INTO s VALUES ('tx', 1)");
    const [before, after] = [world.primary, world.replica];
    await setReadOnly(before, true);
    await world.set.caughtUp();
    await after.sql(replicaStatement(after, 'STOP'));
    await after.sql(replicaStatement(after, 'RESET', 'ALL'));
    await setReadOnly(after, false);
    world.primary = after;
    await world.seen(after.name, 'primary');
    t.equal(
      errno(await inTransaction.query('COMMIT')),
      0,
      'a transaction that the old primary would refuse to commit is replayed on the new one',
    );
    t.equal(errno(await inTransaction.query("INSERT INTO s VALUES ('tx2', 1)")), 0, 'and the session goes on');
    await sleep(800);
    stop = true;
    await Promise.all(work);
    t.same(errors, [], 'refused autocommit writes ran on the new primary');
    t.notOk(
      clients.some(({ cut }) => cut),
      'nobody was cut',
    );
    const rows = await after.sql<{ id: string; n: number }>('SELECT id, COUNT(*) n FROM test1.s GROUP BY id');
    const there = new Map(rows.map(({ id, n }) => [id, Number(n)]));
    t.same(
      acknowledged.filter((id) => there.get(id) !== 1),
      [],
      `all ${acknowledged.length} acknowledged writes are there exactly once`,
    );
    t.ok(there.has('tx'));
    for (const client of [...clients, inTransaction]) await client.connection.end();
  });
}
