/** A server that answers checks and reads but no writes: it is said, nothing is moved, and nothing is lost. */
import t from 'tap';
import { metric } from '../proxy/metrics.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { serverUnavailable, startReplication, until } from '../servers/servers.js';

t.test('writes wait for a lock on the whole server', { skip: (await serverUnavailable('mysql')) ?? false, timeout: 120_000 }, async (t) => {
  const set = await startReplication({ flavor: 'mysql', replicas: 1 });
  t.teardown(() => set.stop());
  const proxy = await startPointsman({ servers: set });
  t.teardown(() => proxy.stop());
  await set.primary.sql('CREATE TABLE test1.stalled (n INT)');
  await set.caughtUp();
  const clients = await Promise.all([1, 2, 3].map(() => proxy.connect('split')));
  t.teardown(() => {
    for (const each of clients) each.destroy();
  });
  const stalled = () => metric(proxy, 'pointsman_backend_stalled_writes', `backend="${set.primary.name}"`);
  t.equal(await stalled(), 0);

  const locker = await set.primary.connectAsRoot();
  t.teardown(() => locker.destroy());
  await locker.query('FLUSH TABLES WITH READ LOCK');
  const writes = clients.slice(0, 2).map((each, n) => each.query('INSERT INTO stalled VALUES (?)', [n]));
  await until('the log says so', () => /db1 has answered no write for 1\d s, and 2 wait: look at its disk/.test(proxy.log()), 60_000);
  await until('a number says so', async () => (await stalled()) === 2, 30_000);
  t.match((await clients[2]?.query('SELECT COUNT(*) AS n FROM stalled'))?.[0], [{ n: 0 }], 'reads go on');
  const { clusters } = (await (await fetch(`${proxy.adminUrl}/api/v1/status`)).json()) as { clusters: { primary: string }[] };
  t.equal(clusters[0]?.primary, set.primary.name, 'it keeps its role');

  await locker.query('UNLOCK TABLES');
  await Promise.all(writes);
  await until('the end is said too', () => /db1 no longer lets writes wait, after/.test(proxy.log()), 30_000);
  await until('and the number falls', async () => (await stalled()) === 0, 30_000);
  t.match((await clients[2]?.query('SELECT COUNT(*) AS n FROM stalled'))?.[0], [{ n: 2 }], 'each write has happened once');
});
