import t from 'tap';
import type { Monitor } from '../../src/health/monitor.js';
import { load, pause, promoting, serverNamed, watchSet, whole } from '../integration/health-setup.js';
import { FLAVORS, isReadOnly, type ReplicationSet, type Server, serverUnavailable, startReplication, until } from '../servers/servers.js';

type Phase = 'prepare' | 'drain' | 'read-only' | 'catch-up' | 'promote' | 'release' | 'repoint';
const phases: readonly Phase[] = ['prepare', 'drain', 'read-only', 'catch-up', 'promote', 'release', 'repoint'];

interface End {
  /** Undefined: it was done. */
  readonly error: string | undefined;
  /** From what was done to a server until the run ended, ms. */
  readonly tookMs: number;
}

/** Moves the role, and does `evil` at the first word of a phase, without waiting for it. */
async function moveWith(monitor: Monitor, to: string, at: Phase, evil: () => void): Promise<End> {
  let evilMs = Number.NaN;
  const onProgress = ({ phase }: { phase: string }): void => {
    if (phase !== at || !Number.isNaN(evilMs)) return;
    evilMs = performance.now();
    evil();
  };
  const error = await monitor.operator.switchover({ to, timeoutMs: 8_000, onProgress }).then(
    () => undefined,
    (failed: unknown) => String(failed),
  );
  return { error, tookMs: Math.round(performance.now() - evilMs) };
}

/** Each row that was acknowledged is on every server. */
async function sameRows(set: ReplicationSet, count: number): Promise<void> {
  await until('all have all rows', async () => {
    const counts = await Promise.all(set.servers.map((server) => server.value('SELECT COUNT(*) FROM test1.t').catch(() => '-')));
    return counts.every((each) => each === String(count));
  });
}

async function onlyWritable(set: ReplicationSet, monitor: Monitor): Promise<void> {
  await until('the primary alone is writable', async () => {
    const flags = await Promise.all(set.servers.map(async (server) => ((await isReadOnly(server)) ? [] : [server.name])));
    return flags.flat().join() === monitor.snapshot.primary;
  });
}

const bystander = (set: ReplicationSet, ...others: readonly (Server | undefined)[]): Server =>
  set.servers.find((server) => !others.includes(server)) as Server;

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: a server dies or freezes in the middle of a switchover`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const { monitor } = await watchSet(set.servers, promoting());
    t.teardown(() => monitor.stop());
    await whole(monitor);
    await serverNamed(set, 'db1').sql('CREATE TABLE test1.t (id INT PRIMARY KEY AUTO_INCREMENT)');
    let rows = 0;

    for (const who of ['old primary', 'candidate'] as const)
      for (const how of ['killed', 'frozen'] as const)
        for (const at of phases)
          await t.test(`${who} ${how} at ${at}`, async (t) => {
            const old = serverNamed(set, monitor.snapshot.primary);
            await old.sql('INSERT INTO test1.t VALUES ()');
            rows += 1;
            await sameRows(set, rows);
            const fresh = bystander(set, old);
            const victim = who === 'candidate' ? fresh : old;
            const { error, tookMs } = await moveWith(monitor, fresh.name, at, () => {
              if (how === 'killed') void victim.kill9();
              else victim.freeze();
            });
            t.equal(monitor.snapshot.handover, undefined, 'nobody is held');
            // Several looks, a time-out and a new connection each; a statement that waits for its answer would take 20 s.
            t.ok(tookMs < 12_000, `over ${tookMs} ms later`);
            const primary = await until('there is a primary', () => monitor.snapshot.primary, 40_000);
            t.comment(`${error ?? 'done'}; primary ${primary}, ${tookMs} ms, load ${load()}`);
            if (victim !== serverNamed(set, primary)) {
              await serverNamed(set, primary).sql('INSERT INTO test1.t VALUES ()');
              rows += 1;
            }
            if (how === 'killed') {
              await until('it is dead', () => !victim.running);
              await victim.start();
            } else victim.thaw();
            await whole(monitor, 60_000);
            // A third server may stay behind the old primary where that was back before it could be repointed: a chain.
            await onlyWritable(set, monitor);
            await sameRows(set, rows);
            const [report] = monitor.failovers;
            t.not(report?.kind, 'open', 'the report is complete');
          });
  });

  t.test(`${flavor}: the lease is lost in the middle of a switchover`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const coordinator = { kind: 'database', witnesses: [] } as const;
    const { monitor } = await watchSet(set.servers, promoting({ coordinator, leaseMs: 2_000 }));
    t.teardown(() => monitor.stop());
    await whole(monitor);
    for (const at of phases.filter((phase) => phase !== 'repoint')) {
      await t.test(`at ${at}`, async (t) => {
        const old = serverNamed(set, monitor.snapshot.primary);
        const fresh = bystander(set, old);
        let thief = Promise.resolve<readonly (() => void)[]>([]);
        const { error } = await moveWith(monitor, fresh.name, at, () => {
          thief = Promise.all(set.servers.map(stealLease));
        });
        t.equal(monitor.snapshot.handover, undefined, 'nobody is held');
        // The other proxy does nothing for a while, then gives it back.
        await pause(1_000);
        for (const giveBack of await thief) giveBack();
        await whole(monitor, 60_000);
        t.comment(`${error ?? 'done'}; ${old.name} -> ${monitor.snapshot.primary}`);
        await onlyWritable(set, monitor);
        t.not(monitor.failovers[0]?.kind, 'open', 'the report is complete');
      });
    }
  });

  t.test(`${flavor}: given up after the drain, all is as before`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const { monitor, lines } = await watchSet(set.servers, promoting());
    t.teardown(() => monitor.stop());
    await whole(monitor);
    const [old, fresh] = set.servers as [Server, Server];
    for (const at of ['read-only', 'catch-up', 'promote'] as const) {
      // The candidate's applier stops, and with it all catching up and every promotion.
      const { error } = await moveWith(monitor, fresh.name, at, () => void fresh.sql('STOP SLAVE SQL_THREAD'));
      if (error === undefined) {
        // It was quicker than we.
        t.comment(`${at}: done before the applier stopped`);
        t.equal((await moveWith(monitor, old.name, 'repoint', () => undefined)).error, undefined);
      } else {
        t.match(error, /given up[\s\S]*db1 is writable, as before/, at);
        t.equal(await isReadOnly(old), false);
        t.equal(await isReadOnly(fresh), true);
        t.same(await old.sql('SHOW SLAVE STATUS'), [], 'its future source is forgotten');
        t.equal(monitor.snapshot.primary, old.name);
        t.equal(monitor.failovers[0]?.kind, 'aborted');
        t.ok(
          lines.some(({ level, message }) => level === 'error' && /given up/.test(message)),
          'the log says so',
        );
      }
      t.equal(monitor.snapshot.handover, undefined, 'nobody is held');
      await fresh.sql('START SLAVE');
      await whole(monitor);
    }
  });
}

/** What another proxy does once the lease has ended: takes the lock of a server. Gives how it is given back. */
async function stealLease(server: Server): Promise<() => void> {
  const thief = await server.connectAsRoot();
  const holder = await server.value("SELECT IS_USED_LOCK('pointsman.lease.main')");
  if (holder !== undefined) await thief.query(`KILL ${holder}`);
  await thief.query("SELECT GET_LOCK('pointsman.lease.main', 2)");
  return () => thief.destroy();
}
