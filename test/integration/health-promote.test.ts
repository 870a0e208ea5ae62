import t from 'tap';
import {
  FLAVORS,
  isReadOnly,
  replicaStatement,
  replicationStatus,
  serverUnavailable,
  startReplication,
  until,
} from '../servers/servers.js';
import {
  counts,
  isFenced,
  load,
  median,
  nextPrimary,
  pause,
  promoting,
  serverNamed,
  view,
  Writer,
  watchSet,
  whole,
} from './health-setup.js';

const rounds = 4;

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: promote mode, killed primary`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const { monitor } = await watchSet(set.servers, promoting());
    t.teardown(() => monitor.stop());
    await whole(monitor);

    await t.test(`SIGKILL, ${rounds} times; the old primary comes back each time`, async (t) => {
      const publishedMs: number[] = [];
      const gapsMs: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const before = monitor.snapshot.primary;
        const { epoch } = monitor.snapshot;
        const victim = serverNamed(set, before);
        const writer = new Writer(monitor, set);
        await writer.start();
        const next = nextPrimary(monitor, before);
        const killedMs = performance.now();
        const killed = victim.kill9();
        const { name, atMs } = await next;
        await until('writes go on', () => writer.lastMs > atMs);
        publishedMs.push(atMs - killedMs);
        gapsMs.push(writer.gapMs);
        await killed;
        t.not(name, before);
        t.equal(monitor.snapshot.epoch, epoch + 1);
        t.match(monitor.failovers[0], { kind: 'promotion', oldPrimary: before, newPrimary: name });
        await victim.start();
        await until('the old primary is fenced and follows, or is kept apart', async () => {
          const { role, reason } = view(monitor, victim);
          return (await isFenced(victim)) && ((role === 'replica' && view(monitor, victim).readable) || reason.includes('quarantined'));
        });
        await writer.stop();
        // Asynchronous replication may have lost the last writes with the primary; then it is quarantined, rightly.
        if (view(monitor, victim).role !== 'replica') break;
        await whole(monitor);
        await until('all have the same rows', async () => new Set(await counts(set)).size === 1);
      }
      t.comment(
        `published ${publishedMs.map(Math.round).join(', ')} ms after the kill; write gaps ${gapsMs.map(Math.round).join(', ')} ms (load ${load()})`,
      );
      t.ok(median(publishedMs) < 3_000);
    });
  });

  t.test(`${flavor}: promote mode, who is elected`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 3 });
    t.teardown(() => set.stop());
    const [first, second, third, fourth] = set.servers as [
      (typeof set.servers)[0],
      (typeof set.servers)[0],
      (typeof set.servers)[0],
      (typeof set.servers)[0],
    ];
    const { monitor } = await watchSet(set.servers, { ...promoting(), priorities: { db2: 300, db4: 200 } });
    t.teardown(() => monitor.stop());
    await whole(monitor);

    await t.test('a replica that restarts writable is no primary, and is set read-only again', async (t) => {
      await fourth.kill9();
      await fourth.start();
      await until('read-only', () => isReadOnly(fourth));
      await whole(monitor);
      t.equal(monitor.snapshot.primary, 'db1');
      t.equal(monitor.snapshot.epoch, 1);
      t.equal(monitor.failovers.length, 0);
    });

    await t.test('a replica that its source does not let in is given the account that is configured', async (t) => {
      await fourth.sql(replicaStatement(fourth, 'STOP'));
      await fourth.sql("CHANGE MASTER TO MASTER_PASSWORD='wrong'");
      await fourth.sql(replicaStatement(fourth, 'START'));
      await until(
        'it follows again, which it cannot with that password',
        async () => (await replicationStatus(fourth))?.ioRunning === 'Yes',
      );
      await whole(monitor);
      t.equal(monitor.snapshot.primary, 'db1');
    });

    await t.test('the one that has most, once it has applied it; the scheduled events of the old primary run there', async (t) => {
      await first.sql('CREATE TABLE test1.t (id INT PRIMARY KEY)');
      await first.sql("CREATE DEFINER = app@'%' EVENT test1.runs ON SCHEDULE EVERY 1 DAY DO SET @x = 1");
      await first.sql("CREATE DEFINER = app@'%' EVENT test1.rests ON SCHEDULE EVERY 1 DAY DISABLE DO SET @x = 1");
      await monitor.stop();
      const again = (await watchSet(set.servers, { ...promoting(), priorities: { db2: 300, db4: 200 } })).monitor;
      t.teardown(() => again.stop());
      await whole(again);
      await pause(300); // it asks for the events once it knows the primary
      // db2 would be preferred but misses the last rows; db4 and db3 have received them and cannot apply them yet.
      await second.sql(replicaStatement(second, 'STOP', 'IO_THREAD'));
      const locks = await Promise.all([third, fourth].map((server) => server.connectAsRoot()));
      for (const lock of locks) await lock.query('FLUSH TABLES WITH READ LOCK');
      for (let id = 1; id <= 20; id += 1) await first.sql('INSERT INTO test1.t VALUES (?)', [id]);
      await until('received', async () => {
        const position =
          flavor === 'mysql' ? await first.value('SELECT @@GLOBAL.gtid_executed') : await first.value('SELECT @@GLOBAL.gtid_binlog_pos');
        const last = (position ?? '').split(/[-:]/).at(-1) ?? '?';
        return (
          ((await replicationStatus(fourth))?.received ?? '').endsWith(last) &&
          ((await replicationStatus(third))?.received ?? '').endsWith(last)
        );
      });
      // As if a client had been told of one more commit that no replica has received.
      again.acknowledged(flavor === 'mysql' ? `${await first.value('SELECT @@server_uuid')}:999999` : '0-1-999999');
      const next = nextPrimary(again, 'db1');
      await first.kill9();
      await pause(1_000);
      t.equal(again.snapshot.primary, undefined, 'it waits for the relay log');
      for (const lock of locks) await lock.query('UNLOCK TABLES').then(() => lock.end());
      const { name } = await next;
      t.equal(name, 'db4', 'as much as db3, and a higher priority');
      t.equal(await fourth.value('SELECT COUNT(*) FROM test1.t'), '20');
      t.match(again.failovers[0]?.lostGtids, /999999$/, 'what is lost is listed');
      await until(
        'db2 and db3 have everything',
        async () =>
          (await second.value('SELECT COUNT(*) FROM test1.t')) === '20' && (await third.value('SELECT COUNT(*) FROM test1.t')) === '20',
      );
      await until(
        'events are enabled',
        async () => (await fourth.value("SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_NAME = 'runs'")) === 'ENABLED',
      );
      t.match(await fourth.value("SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_NAME = 'rests'"), /SIDE_DISABLED/);
      t.equal(await fourth.value("SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_NAME = 'runs'"), 'app@%', 'the definer stays');
      await again.stop();
    });

    await t.test(
      'an old primary with transactions of its own is fenced, kept apart and listed, also by a proxy that started later',
      async (t) => {
        // It comes back while no proxy runs, and somebody writes to it.
        await first.start();
        await first.sql('INSERT INTO test1.t VALUES (1000)');
        await first.sql('INSERT INTO test1.t VALUES (1001)');
        const client = await first.connect('app');
        const cut = new Promise<void>((resolve) => client.once('end', resolve));
        const { monitor: later, lines } = await watchSet(set.servers, promoting());
        t.teardown(() => later.stop());
        await until('most replicas follow db4', () => later.snapshot.primary === 'db4');
        await cut;
        await until('quarantined', () => view(later, first).reason.includes('quarantined'));
        t.equal(await isReadOnly(first), true);
        t.equal(view(later, first).role, 'none');
        t.match(view(later, first).reason, flavor === 'mysql' ? /:\d+-\d+/ : /0-1-\d+\.\.\d+/);
        t.ok(
          lines.some((line) => /has 2 transaction\(s\) that db4 lacks/.test(line.message)),
          JSON.stringify(lines.slice(-3)),
        );
        t.equal(await second.value('SELECT COUNT(*) FROM test1.t'), '20', 'nothing of it reaches the others');
        await later.stop();
      },
    );

    await t.test('transactions that are known to be lost: waited for, or left to an operator', async (t) => {
      const uuid = flavor === 'mysql' ? await fourth.value('SELECT @@server_uuid') : '';
      const fenceCommand = [
        process.execPath,
        '-e',
        "console.log('off:', process.env.POINTSMAN_BACKEND, process.env.POINTSMAN_PRIMARY); process.exit(3)",
      ];
      const lost = (n: number) => (flavor === 'mysql' ? `${uuid}:${n}` : `0-4-${n}`);
      const waits = await watchSet(set.servers, promoting({ onKnownLoss: 'wait', catchUpTimeoutMs: 1_500, fenceCommand }));
      t.teardown(() => waits.monitor.stop());
      await until('db2 and db3 follow db4', () => [second, third].every((server) => view(waits.monitor, server).readable));
      waits.monitor.acknowledged(lost(888_888));
      const next = nextPrimary(waits.monitor, 'db4');
      const killedMs = performance.now();
      await fourth.kill9();
      const { name, atMs } = await next;
      t.ok(atMs - killedMs >= 1_500, 'not before the time is up');
      const heir = serverNamed(set, name);
      const [waited] = waits.monitor.failovers;
      t.match(waited?.timeline.map(({ what }) => what).join('\n'), /db4 had \d+ transaction.*888888; its return is waited for/);
      t.match(waited?.lostGtids, /888888$/);
      await until('the fence command has ended', () =>
        waits.lines.some(({ level, message }) => level === 'error' && message.includes(`(exit code 3): off: db4 ${name}`)),
      );
      await waits.monitor.stop();

      const refuses = await watchSet(set.servers, promoting({ onKnownLoss: 'refuse' }));
      t.teardown(() => refuses.monitor.stop());
      const other = heir === second ? third : second;
      await until('the other one follows', () => refuses.monitor.snapshot.primary === name && view(refuses.monitor, other).readable);
      refuses.monitor.acknowledged(flavor === 'mysql' ? `${await heir.value('SELECT @@server_uuid')}:777777` : '0-9-777777');
      await heir.kill9();
      const told = () => refuses.lines.filter(({ message }) => message.includes(`pointsman failover --to ${other.name}`));
      await until('it says why, and the way out', () => told().length > 0);
      await pause(1_500);
      t.equal(refuses.monitor.snapshot.primary, undefined, 'nobody is promoted');
      t.equal(told().length, 1, 'it is said once');
      t.equal(refuses.monitor.failovers[0]?.kind, 'open');
      // db1, kept apart, has transactions of its own.
      const done = await refuses.monitor.operator.failoverTo({ to: other.name, force: true });
      t.equal(done.result, 'done');
      t.equal(refuses.monitor.snapshot.primary, other.name);
      await refuses.monitor.stop();
    });
  });
}
