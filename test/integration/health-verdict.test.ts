import t from 'tap';
import { FLAVORS, serverUnavailable, setReadOnly, startReplication, until } from '../servers/servers.js';
import { pause, view, watchSet, whole } from './health-setup.js';

/** Longer than the default, for machines so busy that a login takes half a second. */
const timeoutMs = 1_000;
/** Two time-outs and once more, plus half a second. */
const boundMs = 3 * timeoutMs + 500;

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: why was the connection lost?`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const [primary, replica] = set.servers as [(typeof set.servers)[0], (typeof set.servers)[0]];
    const { monitor } = await watchSet(set.servers, { settings: { timeoutMs } });
    t.teardown(() => monitor.stop());
    await whole(monitor);

    await t.test('a healthy server ended just this connection', async (t) => {
      const victim = await primary.connect('app');
      const connectedMs = performance.now();
      await primary.sql(`KILL ${victim.threadId}`);
      t.equal(await monitor.verdict('db1', connectedMs), 'healthy');
      t.same(
        await Promise.all(Array.from({ length: 50 }, () => monitor.verdict('db1', connectedMs))),
        Array(50).fill('healthy'),
        'many at once share the looks',
      );
    });

    await t.test('killed, and shut down in order: dead each time, whatever was closed first', async (t) => {
      for (const how of ['kill9', 'stop', 'stop', 'kill9'] as const) {
        const victim = await replica.connect('app');
        const connectedMs = performance.now();
        const lost = new Promise<void>((resolve) => victim.once('end', resolve));
        const ended = replica[how]();
        await lost;
        t.equal(await monitor.verdict('db2', connectedMs), 'dead', how);
        await ended;
        await replica.start();
        await setReadOnly(replica, true);
        t.equal(await monitor.verdict('unknown', connectedMs), 'dead');
        await until('it is online again', () => view(monitor, replica).state === 'online');
        t.equal(await monitor.verdict('db2', connectedMs), 'restarted', 'it answers, but is another process');
        await pause(1_100);
        t.equal(await monitor.verdict('db2', performance.now()), 'healthy', 'a connection made since then');
      }
    });

    await t.test('frozen: dead within a bounded time', async (t) => {
      replica.freeze();
      const began = performance.now();
      const verdict = await monitor.verdict('db2', performance.now());
      const tookMs = performance.now() - began;
      t.comment(`${Math.round(tookMs)} ms`);
      t.equal(verdict, 'dead');
      t.ok(tookMs < boundMs + 2_000);
      t.equal(view(monitor, replica).state, 'down');
      replica.thaw();
      await until('it is online again', () => view(monitor, replica).state === 'online');
      t.equal(await monitor.verdict('db2', performance.now() - 100), 'healthy');
    });

    await t.test('a short pause is no death', async (t) => {
      replica.freeze();
      const verdict = monitor.verdict('db2', performance.now());
      await pause(300);
      replica.thaw();
      t.equal(await verdict, 'healthy');
    });

    await t.test('demoted', async (t) => {
      const connectedMs = performance.now();
      await pause(2);
      await setReadOnly(primary, true);
      t.equal(await monitor.verdict('db1', connectedMs), 'demoted');
      await setReadOnly(primary, false);
      await until('primary again', () => monitor.snapshot.primary === 'db1');
      t.equal(await monitor.verdict('db1', performance.now()), 'healthy');
    });

    await t.test('after stop() every question is answered at once', async (t) => {
      await monitor.stop();
      t.equal(await monitor.verdict('db1', performance.now()), 'dead');
    });
  });
}
