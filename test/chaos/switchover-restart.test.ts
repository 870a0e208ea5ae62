import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { load, monitorSettings, promoting, serverNamed, watchSet, whole } from '../integration/health-setup.js';
import { FLAVORS, isReadOnly, type ReplicationSet, serverUnavailable, startReplication, until } from '../servers/servers.js';

const child = fileURLToPath(new URL('../integration/switchover-child.js', import.meta.url));

/** A proxy's monitor that moves the role and dies by SIGKILL on the way; gives where it was. */
async function dyingProxy(set: ReplicationSet, to: string, entries: number, delayMs: number): Promise<string> {
  const { lines: _, log: __, ...settings } = monitorSettings(set.servers, promoting());
  const proxy = spawn(process.execPath, [child, JSON.stringify(settings), to, String(entries), String(delayMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  proxy.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
  await new Promise<void>((resolve) => proxy.once('exit', () => resolve()));
  return said;
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: the proxy is killed in the middle of a switchover and started again`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    let primary = serverNamed(set, 'db1');
    await primary.sql('CREATE TABLE test1.t (id INT PRIMARY KEY)');
    // Before the pause, in each of its phases, and while the others are repointed.
    for (const [round, [entries, delayMs]] of (
      [
        [2, 4],
        [3, 2],
        [4, 1],
        [5, 3],
        [5, 15],
        [6, 0],
        [7, 10],
      ] as const
    ).entries()) {
      await primary.sql('INSERT INTO test1.t VALUES (?)', [round]);
      const to = set.servers.find((server) => server !== primary)?.name ?? '';
      const where = await dyingProxy(set, to, entries, delayMs);
      const { monitor } = await watchSet(set.servers, promoting({ unseenGraceMs: 500 }));
      t.teardown(() => monitor.stop());
      await whole(monitor, 40_000);
      const fresh = serverNamed(set, monitor.snapshot.primary);
      t.comment(`killed in ${where} + ${delayMs} ms: ${primary.name} -> ${fresh.name}`);
      await fresh.sql('INSERT INTO test1.t VALUES (?)', [1000 + round]);
      await until('both have both rows', async () => {
        const counts = await Promise.all(
          set.servers.map((server) => server.value(`SELECT COUNT(*) FROM test1.t WHERE id IN (${round}, ${1000 + round})`)),
        );
        return counts.every((count) => count === '2');
      });
      const writable: string[] = [];
      for (const server of set.servers) if (!(await isReadOnly(server))) writable.push(server.name);
      t.same(writable, [fresh.name], `killed in ${where}: one server is writable`);
      // A future source that was noted on the primary is forgotten.
      await until('the primary has no source', async () => (await fresh.sql('SHOW SLAVE STATUS')).length === 0);
      await monitor.stop();
      primary = fresh;
    }
    t.comment(`load ${load()}`);
  });
}
