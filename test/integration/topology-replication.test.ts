import t from 'tap';
import { Monitor } from '../../src/health/monitor.js';
import {
  FLAVORS,
  follow,
  isReadOnly,
  replicaStatement,
  replicationStatus,
  type Server,
  serverUnavailable,
  setReadOnly,
  startReplication,
  startServers,
  until,
  versionAtLeast,
} from '../servers/servers.js';
import { type LogLine, monitorSettings, nextPrimary, pause, promoting, serverNamed, view, watchSet, whole } from './health-setup.js';

/** Lets a replica apply everything this much later, as administrators do against slips of the hand. */
async function delay(server: Server, seconds: number): Promise<void> {
  const modern = server.flavor === 'mysql' && versionAtLeast(server.version, 8, 4);
  await server.sql(replicaStatement(server, 'STOP'));
  await server.sql(modern ? `CHANGE REPLICATION SOURCE TO SOURCE_DELAY = ${seconds}` : `CHANGE MASTER TO MASTER_DELAY = ${seconds}`);
  await server.sql(replicaStatement(server, 'START'));
}

function isSaid(lines: readonly LogLine[], words: RegExp): boolean {
  return lines.some(({ message, fields }) => words.test(`${message} ${JSON.stringify(fields)}`));
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: chained and delayed replicas`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const [db1, db2, db3] = set.servers as [Server, Server, Server];
    await follow(db3, db2);
    // The one with the highest priority will be the delayed one.
    const { monitor, lines } = await watchSet(set.servers, { ...promoting(), priorities: { db1: 200 } });
    t.teardown(() => monitor.stop());

    await t.test('a chain: the replica of a replica is read, and follows its source that is promoted', async (t) => {
      await whole(monitor);
      t.equal(monitor.snapshot.primary, 'db1');
      t.match(view(monitor, db3).reason, /replica of db2/);
      await db1.sql('CREATE TABLE test1.chain (id INT PRIMARY KEY)');
      await db1.sql('INSERT INTO test1.chain VALUES (1)');
      await until('it has come through', async () => (await db3.value('SELECT MAX(id) FROM test1.chain').catch(() => '')) === '1');
      const next = nextPrimary(monitor, 'db1');
      await db1.kill9();
      t.equal((await next).name, 'db2', 'the direct one');
      await until('db3 is read as its replica', () => view(monitor, db3).readable && /replica of db2/.test(view(monitor, db3).reason));
      t.equal((await replicationStatus(db3))?.sourcePort, db2.port);
      await db2.sql('INSERT INTO test1.chain VALUES (2)');
      await until('writes reach it', async () => (await db3.value('SELECT MAX(id) FROM test1.chain')) === '2');
      await db1.start();
      await whole(monitor);
      t.equal((await replicationStatus(db1))?.sourcePort, db2.port);
    });

    await t.test('flags in any mix change no roles', async (t) => {
      // A replica with read_only alone, one without any (put right again), whatever the order.
      if (flavor === 'mysql') await db3.sql('SET GLOBAL super_read_only = OFF');
      await db1.sql('SET GLOBAL read_only = OFF');
      await until('it is read-only again', () => isReadOnly(db1));
      await whole(monitor);
      t.equal(monitor.snapshot.primary, 'db2');
      t.equal(await isReadOnly(db3), true);
      t.equal(await isReadOnly(db2), false);
    });

    await t.test('a delayed replica is not read unless asked, and never promoted', async (t) => {
      await delay(db1, 3600);
      await until('it is not read', () => !view(monitor, db1).readable && /delayed/.test(view(monitor, db1).reason));
      const { lines: _, ...settings } = monitorSettings(set.servers, { account: 'pointsman' });
      const asked = new Monitor({ ...settings, backends: settings.backends.map((backend) => ({ ...backend, readDelayed: true })) });
      await asked.start();
      await until('readDelayed', () => view(asked, db1).readable);
      await asked.stop();
      const next = nextPrimary(monitor, 'db2');
      await db2.kill9();
      t.equal((await next).name, 'db3', 'not the one with the highest priority');
      await until('the delayed one follows', async () => (await replicationStatus(db1))?.sourcePort === db3.port);
      const [status] = await db1.sql<{ SQL_Delay: unknown }>(flavor === 'mysql' ? 'SHOW SLAVE STATUS' : 'SHOW SLAVE STATUS');
      t.equal(Number(status?.SQL_Delay), 3600, 'as late as before');
      await db3.kill9();
      await until('it is refused', () => isSaid(lines, /db1.*delayed on purpose/));
      await pause(500);
      t.equal(monitor.snapshot.primary, undefined);
      t.equal(await isReadOnly(serverNamed(set, 'db1')), true);
    });
  });
}

t.test('MySQL without GTID: followed, never promoted', { skip: (await serverUnavailable('mysql')) ?? false }, async (t) => {
  const group = await startServers({ flavor: 'mysql', extraArgs: ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'] }, 2);
  t.teardown(() => group.stop());
  const [db1, db2] = group.servers as [Server, Server];
  await follow(db2, db1).catch(() => undefined);
  const [at] = await db1.sql<{ File: string; Position: number }>('SHOW MASTER STATUS');
  const place = `MASTER_LOG_FILE = '${at?.File}', MASTER_LOG_POS = ${at?.Position}`;
  await db2.sql(
    `CHANGE MASTER TO MASTER_HOST = '${db1.host}', MASTER_PORT = ${db1.port}, MASTER_USER = 'repl', MASTER_PASSWORD = 'repl', MASTER_AUTO_POSITION = 0, ${place}`,
  );
  await db2.sql('START SLAVE');
  await setReadOnly(db2, true);
  const { monitor, lines } = await watchSet(group.servers, promoting());
  t.teardown(() => monitor.stop());
  await whole(monitor);
  t.equal(monitor.snapshot.primary, 'db1');
  await t.rejects(monitor.operator.switchover({ to: 'db2' }), { message: /db2 replicates without GTID/ });
  await db1.kill9();
  await until('it is refused', () => isSaid(lines, /db2.*replicates without GTID/));
  await pause(500);
  t.equal(monitor.snapshot.primary, undefined);
  t.equal(await isReadOnly(db2), true);
  t.match(view(monitor, db2), { role: 'replica', state: 'online' });
  for (const sql of ['STOP SLAVE', 'RESET SLAVE ALL', 'SET GLOBAL read_only = OFF']) await db2.sql(sql);
  await until('who is promoted by hand is followed', () => monitor.snapshot.primary === 'db2');
  await db1.start();
  await until('the old one gets no traffic', () => view(monitor, db1).state === 'online');
  await pause(1_000);
  t.equal(monitor.snapshot.primary, 'db2');
  t.comment(JSON.stringify({ role: view(monitor, db1).role, reason: view(monitor, db1).reason }));
  t.comment(
    lines
      .slice(-6)
      .map(({ message }) => message)
      .join('\n'),
  );
});
