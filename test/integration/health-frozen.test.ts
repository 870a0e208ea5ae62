import t from 'tap';
import {
  blackHole,
  FLAVORS,
  isReadOnly,
  packetFilterUnavailable,
  replicationStatus,
  serverUnavailable,
  startReplication,
  until,
} from '../servers/servers.js';
import {
  counts,
  isFenced,
  load,
  monitorSettings,
  nextPrimary,
  pause,
  promoting,
  SlowWay,
  serverNamed,
  view,
  Writer,
  watchSet,
  whole,
} from './health-setup.js';

const noFilter = await packetFilterUnavailable();

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: a primary that does not answer`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const { monitor, lines } = await watchSet(set.servers, promoting());
    t.teardown(() => monitor.stop());
    await whole(monitor);
    await serverNamed(set, 'db1').sql('CREATE TABLE test1.t (id INT PRIMARY KEY)');
    await serverNamed(set, 'db1').sql('CREATE TABLE IF NOT EXISTS test1.writes (id INT AUTO_INCREMENT PRIMARY KEY, n INT)');

    await t.test('our own way to a healthy primary is lost: nobody is promoted', { skip: noFilter ?? false }, async (t) => {
      const primary = serverNamed(set, 'db1');
      const filter = await blackHole(primary, 'proxy');
      try {
        await until('it is down for us', () => view(monitor, primary).state === 'down');
        // Long enough for the bounce and for what would follow it.
        await pause(4_000);
        t.equal(monitor.snapshot.primary, undefined);
        t.ok(
          lines.some((line) => /reconnected to it/.test(line.message)),
          'a replica reconnected: it lives',
        );
        t.ok((await isReadOnly(serverNamed(set, 'db2'))) && (await isReadOnly(serverNamed(set, 'db3'))), 'nobody was made writable');
        t.equal(await isReadOnly(primary), false);
        for (const name of ['db2', 'db3'])
          t.match(await replicationStatus(serverNamed(set, name)), { ioRunning: 'Yes', sqlRunning: true, sourcePort: primary.port });
      } finally {
        await filter.remove();
      }
      await whole(monitor);
      t.equal(monitor.snapshot.primary, 'db1');
      t.equal(monitor.snapshot.epoch, 1);
    });

    await t.test('a slow primary stays primary', async (t) => {
      const way = await SlowWay.open(serverNamed(set, 'db1'));
      t.teardown(() => way.close());
      const { backends } = monitorSettings(set.servers);
      const slowBackends = backends.map((each) =>
        each.name === 'db1' ? { ...each, address: { host: '127.0.0.1', port: way.port } } : each,
      );
      const { monitor: other } = await watchSet(set.servers, {
        ...promoting(),
        // Four times the usual: a busy machine's own slowness has to fit in too.
        settings: { backends: slowBackends, tls: { mode: 'off' }, timeoutMs: 2_000 },
      });
      t.teardown(() => other.stop());
      await whole(other);
      // A probe is two answers, with a login six: late, but within four time-outs.
      way.delayMs = 1_050;
      await until('it is suspect', () => view(other, serverNamed(set, 'db1')).state === 'suspect' && other.snapshot.primary === 'db1');
      await pause(6_000);
      await until('it is still primary', () => other.snapshot.primary === 'db1');
      t.match(view(other, serverNamed(set, 'db1')), { state: 'suspect', role: 'primary' });
      t.equal(other.snapshot.epoch, 1);
      t.ok(await isReadOnly(serverNamed(set, 'db2')));
      way.delayMs = 0;
      await whole(other);
      await other.stop();
    });

    await t.test('a host that vanishes is replaced', { skip: noFilter ?? false }, async (t) => {
      const victim = serverNamed(set, monitor.snapshot.primary);
      const next = nextPrimary(monitor, victim.name);
      const filter = await blackHole(victim, 'all');
      const gone = performance.now();
      try {
        const { atMs } = await next;
        t.comment(`published ${Math.round(atMs - gone)} ms after the packets vanished (load ${load()})`);
      } finally {
        await filter.remove();
      }
      await until('the old one follows', () => view(monitor, victim).readable);
      await whole(monitor);
      const replaced = monitor.snapshot.primary;
      // Back to where the next tests expect it, by a tool that leaves the old primary writable.
      await set.switchOver(victim);
      await until('moved by hand, in promote mode too', () => monitor.snapshot.primary === victim.name);
      await whole(monitor);
      t.match(monitor.failovers[0], { kind: 'switchover', oldPrimary: replaced, newPrimary: victim.name });
      await until('set read-only', () => isFenced(serverNamed(set, replaced)));
    });

    await t.test('all silent at once: it is us', { skip: noFilter ?? false }, async (t) => {
      const { epoch } = monitor.snapshot;
      const filters = await Promise.all(set.servers.map((server) => blackHole(server, 'proxy')));
      try {
        await until('all are down for us', () => monitor.snapshot.backends.every(({ state }) => state === 'down'));
        await pause(2_500);
        t.equal(view(monitor, serverNamed(set, 'db1')).role, 'primary', 'roles stay');
        t.equal(monitor.snapshot.primary, undefined);
      } finally {
        for (const filter of filters) await filter.remove();
      }
      await whole(monitor);
      t.equal(monitor.snapshot.epoch, epoch);
      t.ok(await isReadOnly(serverNamed(set, 'db2')));
    });

    await t.test('frozen: replaced; what waited in its sockets is found when it wakes', async (t) => {
      const victim = serverNamed(set, 'db1');
      const writer = new Writer(monitor, set);
      const waiting = await victim.connect('app');
      await writer.start();
      const next = nextPrimary(monitor, 'db1');
      const frozenMs = performance.now();
      victim.freeze();
      // SIGSTOP takes hold when the first of the server's threads runs next.
      await pause(200);
      waiting.query('INSERT INTO t VALUES (777)').catch(() => undefined);
      const { name, atMs } = await next;
      await until('writes go on', () => writer.lastMs > atMs);
      t.comment(`published ${Math.round(atMs - frozenMs)} ms after SIGSTOP, write gap ${Math.round(writer.gapMs)} ms (load ${load()})`);
      t.ok(atMs - frozenMs < 10_000);
      const others = set.servers.filter((server) => server !== victim && server.name !== name);
      for (const other of others)
        await until('repointed', async () => (await replicationStatus(other))?.sourcePort === serverNamed(set, name).port);
      victim.thaw();
      await until('fenced', () => isFenced(victim));
      await until('quarantined', () => view(monitor, victim).reason.includes('quarantined'));
      await writer.stop();
      t.equal(await victim.value('SELECT COUNT(*) FROM test1.t'), '1');
      t.equal(await serverNamed(set, name).value('SELECT COUNT(*) FROM test1.t'), '0', 'it is not replicated onward');
      waiting.destroy();
    });

    await t.test('with one replica left: frozen again', async (t) => {
      const before = monitor.snapshot.primary;
      const victim = serverNamed(set, before);
      const next = nextPrimary(monitor, before);
      const frozenMs = performance.now();
      victim.freeze();
      const { atMs } = await next;
      t.comment(`published ${Math.round(atMs - frozenMs)} ms after SIGSTOP (load ${load()})`);
      victim.thaw();
      await until('the old one follows', () => view(monitor, victim).readable);
      const [, second, third] = await counts(set);
      await until('the same rows', async () => second === third);
    });
  });
}
