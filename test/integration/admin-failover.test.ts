import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { PASSWORDS, type PointsmanProcess, serverUnavailable, startPointsman, startReplication, until } from '../servers/servers.js';
import { run } from '../unit/cli/run.js';

/** Values of a scrape by name and labels. */
async function scrape(proxy: PointsmanProcess): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

const reason = await serverUnavailable('mariadb');

// One flavor will do: what differs between them is asked of health's own tests. Two workers, because then the numbers have to be added up.
t.test('metrics, readiness, status and failover report through a failover', { skip: reason ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb' });
  t.teardown(() => set.stop());
  const proxy = await startPointsman({ set, mode: 'promote', config: { process: { workers: 2 } } });
  t.teardown(() => proxy.stop());
  const account = { host: proxy.host, user: 'app', password: PASSWORDS.app, database: 'test1' };
  const clients = await Promise.all(Array.from({ length: 4 }, () => createConnection({ ...account, port: proxy.primaryPort })));
  t.teardown(() => Promise.all(clients.map((client) => client.end())));
  await createConnection({ ...account, port: proxy.primaryPort, password: 'wrong' }).then(
    () => t.fail('a wrong password was let in'),
    () => undefined,
  );
  for (const client of clients) await client.query('SELECT 1');
  await clients[0]?.query('CREATE TABLE admin_failover (n INT)');
  await clients[0]?.query('SELEC').catch(() => undefined);

  // Workers tell their numbers twice a second, each at its own time.
  const old = set.primary.name;
  const before = await until('all four sessions are counted, and what they did', async () => {
    const found = await scrape(proxy);
    return found.get('pointsman_client_connections{state="idle"}') === 4 &&
      (found.get(`pointsman_queries_total{backend="${old}",kind="read",result="ok"}`) ?? 0) >= 4 &&
      found.get('pointsman_client_connections_total{result="auth_failed"}') === 1
      ? found
      : undefined;
  });
  t.equal(before.get(`pointsman_backend_connections{backend="${old}",role="primary",state="used"}`), 4);
  t.equal(before.get(`pointsman_backend_connections{backend="${old}",role="primary",state="connecting"}`), 0);
  t.equal(before.get(`pointsman_backend_errors_total{backend="${old}",code="1064"}`), 1);
  t.equal(before.get(`pointsman_queries_total{backend="${old}",kind="read",result="ok"}`), 4);
  t.equal(before.get(`pointsman_queries_total{backend="${old}",kind="ddl",result="ok"}`), 1);
  t.equal(before.get(`pointsman_query_duration_seconds_count{role="primary",kind="read"}`), 4);
  t.equal(before.get('pointsman_processes'), 3);
  t.ok((before.get('pointsman_bytes_total{side="client",direction="in"}') ?? 0) > 0);
  t.equal((await fetch(`${proxy.adminUrl}/readyz?role=primary`)).status, 200);

  const cut = clients[2]
    ?.query("INSERT INTO admin_failover SELECT 1 + SLEEP(600) FROM DUAL WHERE 'hunter2' <> ''")
    .catch((error: { errno?: number }) => error.errno);
  await until('the write runs', async () => (await scrape(proxy)).get('pointsman_client_connections{state="active"}') === 1);
  await set.primary.kill9();
  // On a busy machine the promotion may be over before anybody has looked.
  await until('it is seen that there is no primary, or there is a new one', async () => {
    const { status } = await fetch(`${proxy.adminUrl}/readyz?role=primary`);
    return status === 503 || (await scrape(proxy)).get('pointsman_failovers_total{reason="promotion"}') === 1;
  });
  t.equal((await fetch(`${proxy.adminUrl}/readyz`)).status, 200, 'ready while statements are held');
  await clients[1]?.query('INSERT INTO admin_failover VALUES (1)');

  const after = await until('the failover and the lost write are counted', async () => {
    const found = await scrape(proxy);
    const counted =
      found.get('pointsman_failovers_total{reason="promotion"}') === 1 && found.get('pointsman_unknown_outcome_total{kind="write"}') === 1;
    return counted ? found : undefined;
  });
  t.equal(after.get('pointsman_failover_duration_seconds_count{phase="wait"}'), 1);
  t.equal(after.get(`pointsman_backend_up{backend="${old}"}`), 0);
  t.equal(after.get('pointsman_cluster_has_primary{cluster="main"}'), 1);
  t.ok((after.get(`pointsman_backend_connections{backend="${old}",role="none",state="used"}`) ?? -1) >= 0);
  t.equal(await cut, 9501);
  const log = await proxy.log();
  t.match(log, /"sql":"INSERT INTO admin_failover SELECT \?[^"]*","message":"outcome unknown"/i, 'somebody will have to look at the data');
  t.notMatch(log, /hunter2/, 'literals are not logged unless log.sql is full');
  const negative = [...after].filter(([, value]) => value < 0);
  t.same(negative, [], 'nothing is negative');
  const fallen = [...before].filter(([name, value]) => /_total|_count|_bucket/.test(name) && (after.get(name) ?? 0) < value);
  t.same(fallen, [], 'no counter falls');

  const { out } = await run(['status', '--admin', proxy.adminUrl]);
  t.match(out, /cluster main: primary db[23]/);
  t.match(out, /WORKER +PID/);
  t.match(out, /last failover: promotion, .*, db1 to db[23]/);
  t.match(await proxy.get('/api/v1/failovers'), { failovers: [{ kind: 'promotion', oldPrimary: old, cluster: 'main' }] });
  t.match(await proxy.get('/api/v1/sessions'), { sessions: Array.from({ length: 4 }, () => ({})) });
});
