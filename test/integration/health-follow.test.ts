import t from 'tap';
import { FLAVORS, isReadOnly, serverUnavailable, setReadOnly, startReplication, until } from '../servers/servers.js';
import { load, nextPrimary, pause, serverNamed, view, Writer, watchSet, whole } from './health-setup.js';

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: follow mode`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const [first, second, third] = set.servers as [(typeof set.servers)[0], (typeof set.servers)[0], (typeof set.servers)[0]];

    await t.test('finds roles and identities', async (t) => {
      const began = performance.now();
      const { monitor } = await watchSet(set.servers);
      t.teardown(() => monitor.stop());
      t.comment(`first snapshot after ${Math.round(performance.now() - began)} ms (load ${load()})`);
      await whole(monitor);
      t.equal(monitor.snapshot.primary, 'db1');
      t.equal(monitor.snapshot.epoch, 1);
      const { identity } = view(monitor, first);
      t.equal(identity?.flavor, flavor);
      t.match(identity?.greetingVersion, first.version);
      t.equal(identity?.greetingVersion.startsWith('5.5.5-'), flavor === 'mariadb', 'the greeting keeps MariaDB’s prefix');
      t.ok((identity?.capabilities ?? 0) > 0xffff && (identity?.charset ?? 0) > 0);
      t.equal((identity?.mariadbCapabilities ?? 0) > 0, flavor === 'mariadb');
      t.ok(Math.abs((identity?.startedAtMs ?? 0) - Date.now()) < 600_000, 'it knows when the server started');
      t.equal(view(monitor, second).lagMs, 0);
      t.ok((view(monitor, second).latencyMs ?? -1) > 0);
    });

    await t.test('follows a switchover by hand', async (t) => {
      const { monitor } = await watchSet(set.servers);
      t.teardown(() => monitor.stop());
      await whole(monitor);
      const writer = new Writer(monitor, set);
      await writer.start();
      const next = nextPrimary(monitor, 'db1');
      const { writableAt } = await set.switchOver(second);
      const { name, atMs } = await next;
      t.equal(name, 'db2');
      await until('writes go on', () => writer.lastMs > atMs);
      await writer.stop();
      t.comment(`write gap ${Math.round(writer.gapMs)} ms`);
      t.comment(`published ${Math.round(atMs - writableAt)} ms after it turned writable (load ${load()})`);
      t.ok(atMs - writableAt < 2_000);
      t.equal(monitor.snapshot.epoch, 2);
      await whole(monitor);
      t.match(monitor.failovers[0], { kind: 'switchover', oldPrimary: 'db1', newPrimary: 'db2', lostGtids: '' });
    });

    await t.test('a refused write makes it look at once', async (t) => {
      const { monitor } = await watchSet(set.servers, { settings: { intervalMs: 60_000 } });
      t.teardown(() => monitor.stop());
      await until('db2 is primary', () => monitor.snapshot.primary === 'db2');
      const connectedMs = performance.now();
      await pause(5);
      await setReadOnly(second, true);
      const began = performance.now();
      monitor.report({ backend: 'db2', kind: 'read-only', detail: '1290' });
      await until('the role is gone', () => monitor.snapshot.primary === undefined, 5_000);
      t.comment(`noticed after ${Math.round(performance.now() - began)} ms`);
      t.equal(view(monitor, first).readable, true, 'reads go on');
      t.equal(await monitor.verdict('db2', connectedMs), 'demoted');
      await setReadOnly(second, false);
      await until('it is primary again', () => monitor.snapshot.primary === 'db2', 5_000);
      t.equal(monitor.snapshot.epoch, 1, 'the same server: the same epoch');
    });

    await t.test('changes nothing by itself when the primary dies, and follows who is promoted', async (t) => {
      const { monitor } = await watchSet(set.servers);
      t.teardown(() => monitor.stop());
      await whole(monitor);
      await second.kill9();
      await until('the primary is gone', () => monitor.snapshot.primary === undefined);
      await pause(1_500);
      t.equal(monitor.snapshot.primary, undefined, 'nobody is promoted');
      t.ok((await isReadOnly(first)) && (await isReadOnly(third)));
      t.ok(view(monitor, first).readable && view(monitor, third).readable, 'reads go on without a primary');
      const next = nextPrimary(monitor, 'db2');
      const { writableAt } = await set.promote(third);
      const { name, atMs } = await next;
      t.equal(name, 'db3');
      t.comment(`published ${Math.round(atMs - writableAt)} ms after it turned writable (load ${load()})`);
      t.ok(atMs - writableAt < 2_000);
      t.match(monitor.failovers[0], { kind: 'followed', oldPrimary: 'db2', newPrimary: 'db3' });
      // The old one comes back writable and claims nothing.
      await second.start();
      await until('it is back', () => view(monitor, second).state === 'online');
      t.equal(monitor.snapshot.primary, 'db3');
      t.equal(view(monitor, second).role, 'none');
      t.equal(await isReadOnly(second), false, 'follow mode leaves it as it is');
    });

    await t.test('the same primary back: a recovery, no new epoch', async (t) => {
      await second.stop();
      const { monitor } = await watchSet([third, first]);
      t.teardown(() => monitor.stop());
      await until('db3 is primary', () => monitor.snapshot.primary === 'db3');
      await third.kill9();
      await until('it is gone', () => monitor.snapshot.primary === undefined);
      t.equal(await monitor.verdict('db3', performance.now() - 1000), 'dead');
      await third.start();
      await until('it is back', () => monitor.snapshot.primary === 'db3');
      t.equal(monitor.snapshot.epoch, 1);
      t.match(monitor.failovers[0], { kind: 'recovery', newPrimary: 'db3' });
    });

    await t.test(
      'a former primary that lacks what clients were told is committed gets no writes while another server may have it',
      async (t) => {
        // db2 is stopped: it may have them.
        const { monitor, lines } = await watchSet(set.servers);
        t.teardown(() => monitor.stop());
        await until('db3 is primary', () => monitor.snapshot.primary === 'db3');
        monitor.acknowledged(flavor === 'mysql' ? `${await third.value('SELECT @@server_uuid')}:999999` : '0-3-999999');
        await third.kill9();
        await until('it is gone', () => monitor.snapshot.primary === undefined);
        await third.start();
        await until('it is back', () => view(monitor, third).state === 'online');
        await pause(500);
        t.equal(monitor.snapshot.primary, undefined);
        t.match(view(monitor, third), { role: 'none', reason: /lacks transactions/ });
        t.ok(
          lines.some(({ level, message }) => level === 'error' && /lacks transactions/.test(message)),
          'with an alarm',
        );
        await second.start(['--read-only=ON']);
        await until('nobody has them: they are lost, writes go on', () => monitor.snapshot.primary === 'db3');
        await second.stop();
      },
    );

    await t.test('an account without rights sees roles by flags, and delay by GTID', async (t) => {
      const primary = serverNamed(set, 'db3');
      await primary.sql(`CREATE USER nobody@'%' IDENTIFIED ${flavor === 'mysql' ? 'WITH mysql_native_password ' : ''}BY 'nobody'`);
      const { monitor } = await watchSet([third, first], { settings: { monitor: { user: 'nobody', password: 'nobody' } } });
      t.teardown(() => monitor.stop());
      await until('db3 is primary', () => monitor.snapshot.primary === 'db3');
      await until('the replica is readable', () => view(monitor, first).readable);
      t.equal(view(monitor, first).role, 'replica');
      await primary.sql("DROP USER nobody@'%'");
    });

    await t.test('a wrong password is not a death', async (t) => {
      const { monitor } = await watchSet([third, first], { settings: { monitor: { user: 'monitor', password: 'wrong' } } });
      t.teardown(() => monitor.stop());
      await until('it was looked at', () => /Access denied/.test(view(monitor, third).reason));
      t.equal(monitor.snapshot.primary, undefined);
      await until('suspect', () => view(monitor, third).state === 'suspect');
      t.equal(await monitor.verdict('db3', performance.now()), 'healthy');
    });
  });
}
