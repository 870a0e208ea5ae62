import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FLAVORS, replicaStatement, type Server, serverUnavailable, startReplication, until } from '../servers/servers.js';
import { run } from '../unit/cli/run.js';
import { nextPrimary, pause, serverNamed, watchSet, whole } from './health-setup.js';

/** A configuration with accounts that are not there yet. */
async function configure(t: Test, servers: readonly Server[], failover: object): Promise<string> {
  const file = join(t.testdir({}), 'pointsman.json');
  const cluster = {
    backends: servers.map(({ name, host, port }) => ({ name, address: `${host}:${port}` })),
    monitor: { user: 'guard', password: "it's" },
    failover: { mode: 'promote', replicationUser: 'follower', replicationPassword: 'fp', ...failover },
  };
  await writeFile(file, JSON.stringify({ clusters: { main: cluster } }));
  return file;
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: doctor and grants`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const primary = serverNamed(set, 'db1');
    const file = await configure(t, set.servers, { coordinator: { kind: 'database' } });
    const doctor = () => run(['doctor', '--config', file]);

    t.match(await doctor(), { code: 1, out: /FAIL {2}db1: the monitor account may not log in: .*guard/ });
    const plain = await run(['grants', '--config', file, '--flavor', flavor]);
    t.notMatch(plain.out, /it''s|'fp'/, 'no passwords unless asked for');
    const { out: sql, code } = await run(['grants', '--config', file, '--flavor', flavor, '--passwords']);
    t.equal(code, 0);
    const statements = sql.split('\n').filter((line) => line !== '' && !line.startsWith('--'));
    for (const statement of statements) await primary.sql(statement);
    await until('the accounts are everywhere', async () => {
      const counts = await Promise.all(
        set.servers.map((server) => server.value("SELECT COUNT(*) FROM mysql.user WHERE user IN ('guard', 'follower')")),
      );
      return counts.every((count) => count === '2');
    });

    await t.test('all is well', async (t) => {
      const { code, out } = await doctor();
      t.equal(code, 0, out);
      t.match(out, /ok {4}db1: 'guard'@'%' has every privilege that is needed/);
      t.match(out, /ok {4}main: the primary is db1/);
      t.match(out, /3 of 3 servers answer, 2 are a majority, also without the primary/);
      t.match(out, /WARN {2}db2: read_only was set while it ran/);
      const json = JSON.parse((await run(['doctor', '--config', file, '--json'])).out);
      t.match(json, [{ cluster: 'main', findings: [{ about: 'db1', severity: 'fine' }] }]);
    });

    await t.test('what is wrong is named, with the way out', async (t) => {
      const lacking = flavor === 'mysql' ? 'REPLICATION_SLAVE_ADMIN' : 'REPLICATION SLAVE ADMIN';
      await primary.sql(`REVOKE ${lacking} ON *.* FROM guard@'%'`);
      await primary.sql("REVOKE REPLICATION SLAVE ON *.* FROM follower@'%'");
      const db2 = serverNamed(set, 'db2');
      await db2.sql(replicaStatement(db2, 'STOP', 'SQL_THREAD'));
      const { code, out } = await doctor();
      t.equal(code, 1);
      t.match(out, new RegExp(`FAIL {2}db1: 'guard'@'%' lacks ${lacking}, .*\\n +GRANT ${lacking} ON \\*\\.\\* TO 'guard'@'%';`));
      t.match(out, /FAIL {2}db1: the replication account follower lacks REPLICATION SLAVE\n +GRANT REPLICATION SLAVE/);
      t.match(out, /FAIL {2}db2: its applier is stopped/);
      await primary.sql(`GRANT ${lacking} ON *.* TO guard@'%'`);
      await primary.sql("GRANT REPLICATION SLAVE ON *.* TO follower@'%'");
      await db2.sql(replicaStatement(db2, 'START', 'SQL_THREAD'));
      const two = await run(['doctor', '--config', await configure(t, set.servers.slice(0, 2), { coordinator: { kind: 'database' } })]);
      t.match(two, {
        code: 1,
        out: /FAIL {2}coordinator: 2 of 2 servers answer, 2 are a majority: without the primary nobody can promote/,
      });
    });

    await t.test('a failover with just these privileges', async (t) => {
      await primary.sql("CREATE DEFINER = app@'%' EVENT test1.runs ON SCHEDULE EVERY 1 DAY DO SET @x = 1");
      const { monitor, lines } = await watchSet(set.servers, {
        failover: { mode: 'promote', replication: { user: 'follower', password: 'fp' }, coordinator: { kind: 'database', witnesses: [] } },
        settings: { monitor: { user: 'guard', password: "it's" } },
      });
      t.teardown(() => monitor.stop());
      await whole(monitor);
      await pause(1_000); // it asks for the events once it knows the primary
      const next = nextPrimary(monitor, 'db1');
      await primary.kill9();
      const fresh = serverNamed(set, (await next).name);
      await primary.start();
      await whole(monitor);
      t.equal(await primary.value('SELECT @@global.read_only'), '1');
      await until(
        'its event runs on',
        async () => (await fresh.value("SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_NAME = 'runs'")) === 'ENABLED',
      );
      t.equal(await fresh.value("SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_NAME = 'runs'"), 'app@%');
      // A writable server beside the primary is fenced, its clients cut off.
      const client = await primary.connect('app');
      const cut = new Promise((resolve) => client.once('end', resolve));
      await primary.sql(`${replicaStatement(primary, 'STOP')}`);
      await primary.sql(replicaStatement(primary, 'RESET', 'ALL'));
      await primary
        .sql(flavor === 'mysql' ? 'SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF' : 'SET GLOBAL read_only = OFF')
        .catch(() => undefined);
      await cut;
      await whole(monitor);
      const denied = lines.filter(({ level, fields }) => level === 'error' && /denied/i.test(JSON.stringify(fields)));
      t.same(denied, []);
    });
  });
}
