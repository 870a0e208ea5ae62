import t from 'tap';
import { load, nextPrimary, pause, promoting, serverNamed, view, watchSet, whole } from '../integration/health-setup.js';
import {
  FLAVORS,
  isReadOnly,
  replicaStatement,
  replicationStatus,
  type Server,
  serverUnavailable,
  startReplication,
  until,
} from '../servers/servers.js';

type Pair = readonly [Server, Server];
type Trio = readonly [Server, Server, Server];

const stuck = (monitor: Awaited<ReturnType<typeof watchSet>>['monitor']) => monitor.snapshot.stuck ?? '';

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: no candidate`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const [first, second] = set.servers as unknown as Pair;
    await first.sql('CREATE TABLE test1.t (id INT PRIMARY KEY)');

    await t.test('neverPromote: nobody, the status says why, and the primary that returns is taken again', async (t) => {
      const { monitor } = await watchSet(set.servers, {
        ...promoting(),
        settings: {
          backends: set.servers.map((server) => ({
            name: server.name,
            address: { host: server.proxyHost, port: server.port },
            weight: 100,
            priority: 100,
            neverPromote: server === second,
          })),
        },
      });
      t.teardown(() => monitor.stop());
      await whole(monitor);
      await first.kill9();
      await until('the status says why', () => /no server can be promoted \(db2: configured as neverPromote\)/.test(stuck(monitor)));
      t.equal(monitor.snapshot.primary, undefined);
      t.equal(view(monitor, second).readable, true, 'reads go on');
      t.match(monitor.failovers[0]?.candidates, [{ name: 'db2', rejected: 'configured as neverPromote' }]);
      await first.start();
      await until('it is primary again', () => monitor.snapshot.primary === 'db1', 30_000);
      t.equal(monitor.snapshot.stuck, undefined, 'nothing is in the way any more');
      t.match(monitor.failovers[0], { kind: 'recovery', newPrimary: 'db1' });
      await until('db2 replicates', () => view(monitor, second).readable, 30_000);
      await monitor.stop();
    });

    await t.test('all replicas lag: it waits for the applier up to its budget, says so, and promotes once all is applied', async (t) => {
      const { monitor } = await watchSet(set.servers, promoting({ catchUpTimeoutMs: 1_000 }));
      t.teardown(() => monitor.stop());
      await whole(monitor);
      const lock = await second.connectAsRoot();
      await lock.query('FLUSH TABLES WITH READ LOCK');
      for (let id = 1; id <= 5; id += 1) await first.sql('INSERT INTO test1.t VALUES (?)', [id]);
      const at =
        flavor === 'mysql' ? await first.value('SELECT @@GLOBAL.gtid_executed') : await first.value('SELECT @@GLOBAL.gtid_binlog_pos');
      const last = (at ?? '').split(/[-:]/).at(-1) ?? '?';
      await until('received', async () => ((await replicationStatus(second))?.received ?? '').endsWith(last));
      const next = nextPrimary(monitor, 'db1', 60_000);
      await first.kill9();
      await until('the status says why', () => /db2: .*did not apply what it received in time/.test(stuck(monitor)), 30_000);
      t.equal(monitor.snapshot.primary, undefined);
      await lock.query('UNLOCK TABLES');
      await lock.end();
      t.equal((await next).name, 'db2');
      t.equal(await second.value('SELECT COUNT(*) FROM test1.t'), '5', 'with all that was received');
      await first.start();
      await until('the old one follows', () => view(monitor, first).readable, 30_000);
      await monitor.stop();
    });

    t.comment(`load ${load()}`);
  });

  t.test(`${flavor}: two primaries at start, and an errant transaction`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const [first, second, third] = set.servers as unknown as Trio;
    await first.sql('CREATE TABLE test1.t (id INT PRIMARY KEY)');
    await until(
      'replicated',
      async () => (await third.value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME = 't'")) === '1',
    );

    await t.test('an errant transaction on a replica: it may win the election, and what parts the others is told', async (t) => {
      // Whoever has SUPER writes through read_only.
      if (flavor === 'mysql') await second.sql('SET GLOBAL super_read_only = OFF');
      await second.sql('INSERT INTO test1.t VALUES (7)');
      const { monitor } = await watchSet(set.servers, promoting());
      t.teardown(() => monitor.stop());
      await whole(monitor);
      const next = nextPrimary(monitor, 'db1');
      await first.kill9();
      const { name } = await next;
      t.equal(name, 'db2', 'it has everything, and one more');
      await until(
        'db3 follows and has it too',
        async () => (await third.value('SELECT COUNT(*) FROM test1.t WHERE id = 7')) === '1',
        30_000,
      );
      await first.start();
      await until('db1 follows and has it too', () => view(monitor, first).readable, 30_000);
      t.equal(await first.value('SELECT COUNT(*) FROM test1.t WHERE id = 7'), '1');
      await monitor.stop();
    });

    await t.test(
      'two writable servers: the one that replicas follow is primary; the other is fenced, and kept apart for what it wrote',
      async (t) => {
        // Somebody cut db1 off and wrote to it.
        await first.sql(replicaStatement(first, 'STOP'));
        await first.sql(replicaStatement(first, 'RESET', 'ALL'));
        await first.sql(flavor === 'mysql' ? 'SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF' : 'SET GLOBAL read_only = OFF');
        await first.sql('INSERT INTO test1.t VALUES (100)');
        const { monitor, lines } = await watchSet(set.servers, promoting());
        t.teardown(() => monitor.stop());
        await until('db2 is primary', () => monitor.snapshot.primary === 'db2', 30_000);
        await until('db1 is kept apart', () => view(monitor, first).reason.includes('quarantined'), 30_000);
        t.equal(await isReadOnly(first), true);
        t.equal(view(monitor, first).role, 'none');
        t.ok(lines.some(({ message }) => /db1 is kept apart: it has 1 transaction\(s\) that db2 lacks/.test(message)));
        t.equal(await third.value('SELECT COUNT(*) FROM test1.t WHERE id = 100'), '0', 'nothing of it reaches the others');
        await monitor.stop();
      },
    );
  });
}

t.test('mariadb: semi-sync stays on where it was on', { skip: (await serverUnavailable('mariadb')) ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb' });
  t.teardown(() => set.stop());
  const [first, second, third] = set.servers as unknown as Trio;
  await first.sql('SET GLOBAL rpl_semi_sync_master_timeout = 4321, GLOBAL rpl_semi_sync_master_enabled = ON');
  for (const replica of [second, third]) {
    await replica.sql('SET GLOBAL rpl_semi_sync_slave_enabled = ON');
    await replica.sql(replicaStatement(replica, 'STOP', 'IO_THREAD'));
    await replica.sql(replicaStatement(replica, 'START', 'IO_THREAD'));
  }
  const clients = async (server: Server) =>
    (await server.sql<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'"))[0]?.Value;
  await until('both confirm', async () => (await clients(first)) === '2');
  const { monitor } = await watchSet(set.servers, promoting());
  t.teardown(() => monitor.stop());
  await whole(monitor);
  await pause(500); // it asks for the settings once it knows the primary
  const next = nextPrimary(monitor, 'db1');
  await first.kill9();
  const heir = serverNamed(set, (await next).name);
  t.equal(await heir.value('SELECT CONCAT(@@rpl_semi_sync_master_enabled, @@rpl_semi_sync_master_timeout)'), 'ON4321');
  await until('the other replica confirms', async () => (await clients(heir)) === '1', 30_000);
  t.match(monitor.failovers[0]?.timeline.map(({ what }) => what).join('\n'), new RegExp(`${heir.name}: semi-sync: waits for replicas`));
  await first.start();
  await until('the old one confirms too', async () => (await clients(heir)) === '2', 30_000);
  t.equal(await first.value('SELECT @@rpl_semi_sync_slave_enabled'), '1');
  await whole(monitor);
  const back = await monitor.operator.switchover({ to: 'db1' });
  t.equal(back.result, 'done');
  t.equal(await first.value('SELECT CONCAT(@@rpl_semi_sync_master_enabled, @@rpl_semi_sync_master_timeout)'), 'ON4321', 'by order too');
  await until('both confirm again', async () => (await clients(first)) === '2', 30_000);
});
