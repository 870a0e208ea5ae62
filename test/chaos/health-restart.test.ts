import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { load, monitorSettings, pause, promoting, serverNamed, view, watchSet, whole } from '../integration/health-setup.js';
import {
  FLAVORS,
  isReadOnly,
  type ReplicationSet,
  serverUnavailable,
  startReplication,
  startStandalone,
  until,
} from '../servers/servers.js';

const child = fileURLToPath(new URL('../integration/health-child.js', import.meta.url));

/** Runs a proxy's monitor that dies by SIGKILL at the given place of its promotion; settles when it is dead. */
async function dyingProxy(set: ReplicationSet, entries: number, delayMs: number, killPrimary: () => Promise<void>): Promise<void> {
  const { lines: _, log: __, ...settings } = monitorSettings(set.servers, promoting({ unseenGraceMs: 500 }));
  const proxy = spawn(process.execPath, [child, JSON.stringify(settings), String(entries), String(delayMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => proxy.once('exit', () => resolve()));
  await new Promise<void>((resolve) => proxy.stdout.once('data', () => resolve()));
  await killPrimary();
  const late = setTimeout(() => proxy.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(late);
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: the proxy is killed in the middle of a promotion and started again`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    let primary = serverNamed(set, 'db1');
    await primary.sql('CREATE TABLE test1.t (id INT PRIMARY KEY)');
    // Entry by entry: the judgement, each step, the publication, the others' repointing.
    for (const [round, entries] of [2, 5, 6, 7, 8, 9, 10, 11].entries()) {
      const delayMs = (round % 3) * 3;
      await t.test(`after ${entries} entries and ${delayMs} ms`, async (t) => {
        await primary.sql('INSERT INTO test1.t VALUES (?)', [round]);
        await until('replicated', async () => {
          const counts = await Promise.all(set.servers.map((server) => server.value('SELECT COUNT(*) FROM test1.t')));
          return counts.every((count) => count === String(round + 1));
        });
        const victim = primary;
        await dyingProxy(set, entries, delayMs, () => victim.kill9());
        // Every second time the old primary is back before the next proxy.
        const backFirst = round % 2 === 1;
        if (backFirst) await victim.start();
        const { monitor } = await watchSet(set.servers, promoting({ unseenGraceMs: 500 }));
        t.teardown(() => monitor.stop());
        await until('a primary', () => monitor.snapshot.primary !== undefined, 20_000);
        if (!backFirst) await victim.start();
        await whole(monitor);
        primary = serverNamed(set, monitor.snapshot.primary);
        await primary.sql('INSERT INTO test1.t VALUES (?)', [1000 + round]);
        await until('all have both rows', async () => {
          const counts = await Promise.all(
            set.servers.map((server) => server.value(`SELECT COUNT(*) FROM test1.t WHERE id IN (${round}, ${1000 + round})`)),
          );
          return counts.every((count) => count === '2');
        });
        const writable: string[] = [];
        for (const server of set.servers) if (!(await isReadOnly(server))) writable.push(server.name);
        t.same(writable, [primary.name], 'one server is writable');
        t.not(view(monitor, victim).role, 'none');
        await monitor.stop();
        await primary.sql('DELETE FROM test1.t WHERE id >= 1000');
      });
    }
    t.comment(`load ${load()}`);
  });

  t.test(`${flavor}: a primary that its configuration makes read-only`, { skip: reason ?? false }, async (t) => {
    const server = await startStandalone({ flavor });
    t.teardown(() => server.stop());
    const [only] = server.servers as [(typeof server.servers)[0]];
    const { monitor } = await watchSet([only], promoting());
    t.teardown(() => monitor.stop());
    await until('it is primary', () => monitor.snapshot.primary === only.name);
    // Servers tell their start in whole seconds: two lives within one look like one.
    await pause(1_200);
    await only.kill9();
    await only.start(['--read-only=ON']);
    await until('it is writable again', async () => !(await isReadOnly(only)));
    await until('it is primary again', () => monitor.snapshot.primary === only.name);
    t.equal(monitor.snapshot.epoch, 1);
    // The same flag, set by somebody while it runs, is left alone.
    await only.sql('SET GLOBAL read_only = ON');
    await until('no primary', () => monitor.snapshot.primary === undefined);
    await pause(2_500);
    t.equal(await isReadOnly(only), true);
    t.equal(monitor.snapshot.primary, undefined);
  });
}
