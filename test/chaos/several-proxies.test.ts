import t, { type Test } from 'tap';
import { EtcdClient } from '../../src/health/coordination/etcd-client.js';
import { base64 } from '../../src/health/coordination/etcd-lease.js';
import type { CoordinatorOptions } from '../../src/health/options.js';
import { load, pause, serverNamed } from '../integration/health-setup.js';
import {
  correct,
  leaseMs,
  MonitorProcess,
  primaryOf,
  promotingProxy,
  reportsOf,
  watchChanges,
} from '../integration/several-proxies-world.js';
import {
  etcdProgram,
  type Flavor,
  type ReplicationSet,
  serverUnavailable,
  startEtcd,
  startReplication,
  until,
} from '../servers/servers.js';

interface World {
  /** As the configuration has it, and as the monitor has it. */
  readonly written: object;
  readonly options: CoordinatorOptions;
  /** Somebody holds the lease. */
  held(set: ReplicationSet): Promise<boolean>;
}

async function databaseWorld(): Promise<World> {
  const held = async (set: ReplicationSet) => {
    const running = set.servers.filter(({ running }) => running);
    const holders = await Promise.all(running.map((server) => server.value("SELECT IS_USED_LOCK('pointsman.lease.main')")));
    return holders.filter((holder) => holder !== undefined).length >= 2;
  };
  return { written: { kind: 'database' }, options: { kind: 'database', witnesses: [] }, held };
}

async function etcdWorld(t: Test): Promise<World> {
  const etcd = await startEtcd({ members: 1 });
  t.teardown(() => etcd.stop());
  const client = new EtcdClient({ endpoints: etcd.endpoints }, 1_000);
  t.teardown(() => client.close());
  const held = async () => (await client.ask('/v3/kv/range', { key: base64('/pointsman/main/lease') }, 5_000))['kvs'] !== undefined;
  const { endpoints } = etcd;
  return { written: { kind: 'etcd', endpoints }, options: { kind: 'etcd', endpoints, prefix: '/pointsman/' }, held };
}

/** Each kind once, each flavor once: what differs between flavors in the steps themselves has tests of its own. */
const kinds: readonly { flavor: Flavor; kind: 'database' | 'etcd'; stops: readonly number[] }[] = [
  { flavor: 'mariadb', kind: 'database', stops: [6, 8] },
  { flavor: 'mysql', kind: 'etcd', stops: [7] },
];

for (const { flavor, kind, stops } of kinds) {
  const found = kind === 'etcd' ? await etcdProgram() : undefined;
  const reason = found !== undefined && 'reason' in found ? found.reason : await serverUnavailable(flavor);
  t.test(`${flavor}, ${kind}: two proxies, and a third that is paused`, { skip: reason ?? false }, async (t) => {
    const world = kind === 'etcd' ? await etcdWorld(t) : await databaseWorld();
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const proxies = await Promise.all([promotingProxy(set, world.written), promotingProxy(set, world.written)]);
    t.teardown(() => Promise.all(proxies.map((proxy) => proxy.stop())));
    const agreed = (before: string) =>
      until(
        'both proxies name the same new primary',
        async () => {
          const [one, other] = await Promise.all(proxies.map(primaryOf));
          return one !== undefined && one !== before && one === other ? one : undefined;
        },
        30_000,
      );
    const promotions = async () => (await Promise.all(proxies.map(reportsOf))).flat().filter((report) => report.kind === 'promotion');
    let primary = serverNamed(set, 'db1');
    await primary.sql('CREATE TABLE test1.t (id INT PRIMARY KEY)');

    await t.test('the primary is killed: one promotes, the other follows', async (t) => {
      const killedMs = performance.now();
      const victim = primary;
      await victim.kill9();
      primary = serverNamed(set, await agreed(victim.name));
      t.comment(`${Math.round(performance.now() - killedMs)} ms until both had the new primary (load ${load()})`);
      t.equal((await promotions()).length, 1);
      const kinds = (await Promise.all(proxies.map(reportsOf))).map(([report]) => report?.kind);
      t.same(kinds.toSorted(), ['followed', 'promotion']);
      await victim.start();
      await correct(set, primary);
      t.equal((await promotions()).length, 1);
    });

    for (const entries of stops) {
      await t.test(`a third one is stopped in its promotion, after ${entries} entries, for longer than its lease`, async (t) => {
        await until('the others have nothing to do', async () => !(await world.held(set)));
        const third = await MonitorProcess.start(set, { coordinator: world.options, stopAfter: entries });
        t.teardown(() => third.kill());
        // So that it is the first to see the death.
        for (const proxy of proxies) process.kill(proxy.pid, 'SIGSTOP');
        const victim = primary;
        await victim.kill9();
        await third.stopped();
        t.equal(await world.held(set), true, 'it stopped while it had the lease');
        for (const proxy of proxies) process.kill(proxy.pid, 'SIGCONT');
        const before = (await promotions()).length;
        primary = serverNamed(set, await agreed(victim.name));
        await victim.start();
        await correct(set, primary);
        await primary.sql('INSERT INTO test1.t VALUES (?)', [entries]);
        t.ok((await promotions()).length <= before + 1);
        await until('nobody has anything to do', async () => !(await world.held(set)));
        const changes = await watchChanges(set.servers);
        third.wake();
        await until('it follows', async () => (await third.ask()).primary === primary.name);
        // Its own retries would come within this time.
        await pause(leaseMs);
        t.same(await changes(), [], 'it changes nothing any more');
        const { primary: seen, reports } = await third.ask();
        t.equal(seen, primary.name);
        t.ok(
          reports.some(({ timeline }) => timeline.some(({ what }) => /promotion given up: .*(lease|closed|lost)/i.test(what))),
          JSON.stringify(reports[0]),
        );
        await correct(set, primary);
      });
    }
  });
}
