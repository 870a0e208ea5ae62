import t from 'tap';
import { awaitCaughtUp, awaitReplicating, follow, replicaStatement, setReadOnly, until } from '../servers/replication.js';
import { FLAVORS, serverUnavailable, startReplication } from '../servers/servers.js';
import { delay, Front, first, run, sleep } from './consistency-world.js';

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: a failover between write and read`, { skip: reason ?? false, timeout: 240_000 }, async (t) => {
    const set = await startReplication({ flavor, replicas: 2 });
    const front = await Front.start(set, 'session');
    t.teardown(async () => {
      await front.proxy.stop();
      await set.stop();
    });
    const [one, two] = set.replicas;
    if (one === undefined || two === undefined) throw new Error('two replicas are needed');
    const former = set.primary;
    await former.sql('CREATE TABLE test1.c (k INT PRIMARY KEY, v INT)');
    await former.sql('INSERT INTO test1.c VALUES (1, 0), (2, 0)');
    await set.caughtUp();
    const client = await front.client();
    const read = (k: number) => first(client, `SELECT v FROM c WHERE k=${k}`, 'execute');

    await t.test('nothing is lost: it is read, from whoever has it', async (t) => {
      await delay(two, 2);
      await client.query('UPDATE c SET v=1 WHERE k=1');
      await client.query('BEGIN');
      t.equal(await read(1), 1);
      await client.query('COMMIT');
      await awaitCaughtUp(one, former);
      await former.kill9();
      await set.promote(one);
      t.equal(await read(1), 1);
      await client.query('UPDATE c SET v=2 WHERE k=1');
      for (let n = 0; n < 20; n += 1) t.equal(await read(1), 2);
      await delay(two, 0);
      await awaitCaughtUp(two, one);
    });

    await t.test('a lossy one: what is lost is not waited for', async (t) => {
      await two.sql(replicaStatement(two, 'STOP', 'IO_THREAD'));
      await client.query('UPDATE c SET v=10 WHERE k=2');
      await client.query('BEGIN');
      t.equal(await read(2), 10);
      await client.query('COMMIT');
      await one.kill9();
      await set.promote(two);
      t.equal(await read(2), 0, 'the write is gone');
      await client.query('UPDATE c SET v=3 WHERE k=1');
      t.equal(await read(1), 3);
      await former.start();
      await setReadOnly(former, true);
      if (flavor === 'mariadb') await former.sql('SET GLOBAL gtid_slave_pos=@@GLOBAL.gtid_binlog_pos');
      await follow(former, two);
      await awaitReplicating(former);
      await front.readable(1);
      const before = await front.settledCounts();
      await until('a replica answers again', async () => {
        await read(1);
        await sleep(50);
        return (await front.counts(before)).onReplicas > 0;
      });
      t.equal(await read(1), 3);
      await client.query('UPDATE c SET v=4 WHERE k=1');
      t.equal(await read(1), 4);
    });
    await client.end();
  });
}

const noMysql = await serverUnavailable('mysql');
t.test('mysql without GTIDs: the place in the binary log tells', { skip: noMysql ?? false, timeout: 120_000 }, async (t) => {
  const set = await startReplication({ flavor: 'mysql', replicas: 1 });
  const [replica] = set.replicas;
  if (replica === undefined) throw new Error('a replica is needed');
  await replica.sql('STOP SLAVE');
  await replica.sql('CHANGE MASTER TO MASTER_AUTO_POSITION=0');
  await replica.sql('START SLAVE');
  for (const mode of ['ON_PERMISSIVE', 'OFF_PERMISSIVE', 'OFF'])
    for (const server of set.servers) await server.sql(`SET GLOBAL gtid_mode=${mode}`);
  const front = await Front.start(set, 'session');
  t.teardown(async () => {
    await front.proxy.stop();
    await set.stop();
  });
  await front.readable(1);
  const client = await front.client();
  await client.query('CREATE TABLE c (k INT PRIMARY KEY, v INT)');
  await client.query('INSERT INTO c VALUES (1, 0)');
  const before = await front.settledCounts();
  for (let n = 1; n <= 20; n += 1) {
    await client.query(`UPDATE c SET v=${n} WHERE k=1`);
    t.equal(await first(client, 'SELECT v FROM c WHERE k=1'), n);
  }
  await until('the replica answers once it has it', async () => {
    await sleep(1_200);
    await run(client, 'SELECT v FROM c WHERE k=1', 'query');
    return (await front.counts(before)).onReplicas > 0;
  });
  await replica.sql('STOP SLAVE SQL_THREAD');
  await client.query('UPDATE c SET v=30 WHERE k=1');
  for (let n = 0; n < 10; n += 1) {
    t.equal(await first(client, 'SELECT v FROM c WHERE k=1'), 30);
    await sleep(150);
  }
  await client.end();
});
