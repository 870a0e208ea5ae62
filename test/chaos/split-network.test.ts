import t from 'tap';
import { load, pause } from '../integration/health-setup.js';
import { correct, leaseMs, MonitorProcess } from '../integration/several-proxies-world.js';
import {
  blackHole,
  isReadOnly,
  NetworkHost,
  networkHostUnavailable,
  type PacketFilter,
  packetFilterUnavailable,
  type Server,
  serverUnavailable,
  startReplication,
  until,
} from '../servers/servers.js';

const reason = (await networkHostUnavailable()) ?? (await packetFilterUnavailable()) ?? (await serverUnavailable('mariadb'));

/** What would be long enough for a wrong promotion: time-outs, the bounce of a receiver, and a second attempt. */
const longMs = 5_000;

t.test('proxies on hosts of their own, database locks', { skip: reason ?? false }, async (t) => {
  const hosts = await Promise.all([NetworkHost.make(), NetworkHost.make()]);
  t.teardown(() => Promise.all(hosts.map((host) => host.remove())));
  const [hostA, hostB] = hosts;
  const set = await startReplication({ flavor: 'mariadb', extraArgs: ['--bind-address=0.0.0.0'] });
  t.teardown(() => set.stop());
  const [db1, db2, db3] = set.servers as readonly [Server, Server, Server];
  const coordinator = { kind: 'database', witnesses: [] } as const;
  const proxies = await Promise.all(hosts.map((host) => MonitorProcess.start(set, { coordinator, host })));
  t.teardown(() => Promise.all(proxies.map((proxy) => proxy.kill())));
  const [a, b] = proxies as [MonitorProcess, MonitorProcess];
  const primaries = async () => Promise.all(proxies.map(async (proxy) => (await proxy.ask()).primary));
  const promotions = async () =>
    (await Promise.all(proxies.map((proxy) => proxy.ask()))).flatMap(({ reports }) => reports.filter(({ kind }) => kind === 'promotion'));
  const writable = async () => {
    const flags = await Promise.all(set.servers.map(async (server) => ((await isReadOnly(server)) ? [] : [server.name])));
    return flags.flat();
  };
  await db1.sql('CREATE TABLE test1.t (id INT PRIMARY KEY)');

  await t.test('one proxy cannot reach the primary, the other can: nobody promotes', async (t) => {
    await hostA.cutFrom([db1.port]);
    await until('it is gone for A', async () => (await a.ask()).primary === undefined);
    await pause(longMs);
    t.same(await primaries(), [undefined, 'db1']);
    t.same(await writable(), ['db1']);
    t.same(await promotions(), []);
    await hostA.heal();
    await until('A has it back', async () => (await a.ask()).primary === 'db1');
  });

  await t.test('a proxy that reaches one of three servers cannot promote; one that reaches two does', async (t) => {
    await hostA.cutFrom([db3.port]);
    b.pause();
    await db1.kill9();
    await until(
      'it has tried',
      async () =>
        (await a.ask()).reports.some(({ timeline }) => timeline.some(({ what }) => /1 of 3 servers answer, 2 are needed/.test(what))),
      20_000,
    );
    await pause(leaseMs);
    t.same(await writable().catch(() => []), [], 'nobody is made writable');
    b.wake();
    const primary = await until('B promotes', async () => {
      const { primary: name } = await b.ask();
      return name === 'db1' ? undefined : name;
    });
    t.equal((await promotions()).length, 1);
    await hostA.heal();
    await db1.start();
    await correct(set, primary === 'db2' ? db2 : db3);
    await until('both agree', async () => (await primaries()).every((name) => name === primary));
    t.equal((await promotions()).length, 1);
  });

  await t.test('the primary and one proxy on one side, all others on the other: the majority promotes once', async (t) => {
    const [old = db1, ...others] = [(await a.ask()).primary === 'db2' ? db2 : db3, db1, db2, db3].filter(
      (server, index, all) => all.indexOf(server) === index,
    );
    const sinceMs = performance.now();
    await hostA.cutFrom(others.map(({ port }) => port));
    await hostB.cutFrom([old.port]);
    const filter: PacketFilter = await blackHole(old, 'all');
    try {
      const name = await until(
        'B promotes',
        async () => {
          const { primary } = await b.ask();
          return primary === old.name ? undefined : primary;
        },
        30_000,
      );
      t.comment(`${Math.round(performance.now() - sinceMs)} ms from the split to the new primary (load ${load()})`);
      t.equal((await promotions()).length, 2);
      t.equal((await a.ask()).primary, old.name, 'A goes on with what it sees');
      // Somebody writes on the side that lost.
      await old.sql('INSERT INTO test1.t VALUES (1)');
      await pause(leaseMs);
      await filter.remove();
      await Promise.all(hosts.map((host) => host.heal()));
      const fresh = others.find((server) => server.name === name) ?? db1;
      await until('the old one is fenced', () => isReadOnly(old).catch(() => false), 20_000);
      await until('both agree', async () => (await primaries()).every((each) => each === name), 20_000);
      t.equal(await isReadOnly(fresh), false, 'the new one was left alone');
      t.same(await writable(), [name]);
      t.equal((await promotions()).length, 2, 'once');
      const listed = (await b.ask()).reports.some(({ timeline }) =>
        timeline.some(({ what }) => /kept apart: it has 1 transaction/.test(what)),
      );
      t.ok(listed, JSON.stringify((await b.ask()).reports[0]?.timeline));
      t.equal(await fresh.value('SELECT COUNT(*) FROM test1.t'), '0', 'what the lost side wrote went nowhere');
    } finally {
      await filter.remove();
    }
  });
});
