import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import t from 'tap';
import { workerOf } from '../../src/app/connection-ids.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { PASSWORDS, serverUnavailable, startReplication, until } from '../servers/servers.js';

const DENIED = { message: /not here/ };
const TOKEN = 'a-token-that-is-long-enough';

interface Report {
  readonly version: number;
  readonly applied: readonly { key: string; change: string }[];
  readonly needRestart: readonly { key: string }[];
}

interface Written {
  clusters: { main: { backends: { name: string; address: string; weight?: number }[]; [key: string]: unknown } };
  users: { name: string; password: string }[];
  [key: string]: unknown;
}

/** Changes the file and has it read, by whoever is asked. */
class Desk {
  readonly #proxy: RunningPointsman;

  constructor(proxy: RunningPointsman) {
    this.#proxy = proxy;
  }

  async edit(change: (config: Written) => void): Promise<void> {
    const config = JSON.parse(await readFile(this.#proxy.configPath, 'utf8')) as Written;
    change(config);
    await writeFile(this.#proxy.configPath, JSON.stringify(config, null, 1));
  }

  async ask(path: string, body?: object): Promise<{ status: number; json: Record<string, unknown> }> {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const more = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(`${this.#proxy.adminUrl}${path}`, { headers, ...more });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  }

  async reload(change: (config: Written) => void): Promise<Report> {
    await this.edit(change);
    const { status, json } = await this.ask('/api/v1/config/reload', {});
    if (status !== 200) throw new Error(JSON.stringify(json));
    return json as unknown as Report;
  }

  /** Has to be refused; the reason. */
  async refused(): Promise<string> {
    const { status, json } = await this.ask('/api/v1/config/reload', {});
    t.equal(status, 422);
    return (json['error'] as { message: string }).message;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.#proxy.adminUrl}/metrics`)).text();
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        ?.split(' ')
        .at(-1),
    );
  }
}

async function port(connection: Connection): Promise<number> {
  const [rows] = await connection.query('SELECT @@port AS port');
  return (rows as { port: number }[])[0]?.port ?? 0;
}

const reason = await serverUnavailable('mariadb');
t.test('a reload changes everything that it may, and no session notices', { skip: reason ?? false, timeout: 240_000 }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 2 });
  t.teardown(() => set.stop());
  const config = { auth: { mode: 'configured' }, admin: { token: TOKEN }, log: { format: 'json' } };
  const proxy = await startPointsman({ servers: set, workers: 2, config });
  t.teardown(() => proxy.stop());
  const desk = new Desk(proxy);
  const [db2, db3] = set.replicas.map((replica) => replica.port);
  const writer = await proxy.connect('primary');
  await writer.query('CREATE TABLE kept (k INT PRIMARY KEY)');
  await set.caughtUp();
  await writer.query('SET @mine = 42');
  await writer.query('BEGIN');
  await writer.query('INSERT INTO kept VALUES (1)');
  const readers = await Promise.all([1, 2, 3, 4].map(() => proxy.connect('replica')));
  for (const reader of readers) await reader.query('SET @mine = 43');
  const onThird = [];
  for (const reader of readers) if ((await port(reader)) === db3) onThird.push(reader);
  const [busy, resting] = onThird;
  if (busy === undefined || resting === undefined) throw new Error('both replicas have readers');
  await busy.query('START TRANSACTION READ ONLY');
  t.equal(await port(busy), db3);

  await t.test('a backend is taken out: sessions leave it, a transaction ends on it first', async (t) => {
    const report = await desk.reload(
      ({ clusters }) => (clusters.main.backends = clusters.main.backends.filter(({ name }) => name !== 'db3')),
    );
    t.match(report, { version: 2, applied: [{ key: 'clusters.main.backends[db3]', change: 'removed' }], needRestart: [] });
    t.equal(await port(busy), db3, 'still in its transaction');
    t.equal(await port(resting), db2, 'moved');
    await busy.query('COMMIT');
    t.equal(await port(busy), db2, 'moved after it');
    t.match((await busy.query('SELECT @mine AS mine'))[0], [{ mine: 43 }], 'with its variables');
    const [{ backends }] = (await desk.ask('/api/v1/clusters')).json['clusters'] as [{ backends: { name: string }[] }];
    t.same(
      backends.map(({ name }) => name),
      ['db1', 'db2'],
    );
  });

  await t.test('users, rules, limits, log level and health checks, in every worker', async (t) => {
    const report = await desk.reload((next) => {
      next.users = [{ name: 'app', password: PASSWORDS.app }];
      next['rules'] = [{ name: 'no-sleep', match: { pattern: 'SLEEP' }, action: { deny: 'not here' } }];
      next['log'] = { format: 'json', level: 'debug' };
      next.clusters.main['hold'] = { timeout: '20s' };
      next.clusters.main['monitor'] = { ...(next.clusters.main['monitor'] as object), interval: '250ms' };
      next['slowLog'] = { threshold: '0s' };
      next['process'] = { workers: 3 };
    });
    t.match(report.needRestart, [{ key: 'process.workers' }]);
    const keys = report.applied.map(({ key }) => key);
    t.ok(keys.includes('users[monitor]'));
    await t.rejects(proxy.connect('primary', { account: 'monitor' }), { message: /Access denied/ });
    for (const key of ['rules[no-sleep]', 'log.level', 'clusters.main.hold.timeout', 'clusters.main.monitor.interval'])
      t.ok(keys.includes(key), key);
    for (const session of readers) await t.rejects(session.query('SELECT SLEEP(0)'), DENIED, 'the rule holds for sessions that were there');
    await t.rejects(writer.query('SELECT SLEEP(0)'), DENIED);
    await writer.query('SELECT 4711');
    const slow = async () => (await desk.ask('/api/v1/digests')).json['slow'] as { text: string }[];
    await until('every statement is slow now', async () => (await slow()).some(({ text }) => text === 'select ?'));
    t.match((await desk.ask('/api/v1/config/drift')).json, {
      version: 3,
      changes: [{ key: 'process.workers', reloadable: false }],
      problem: null,
      runtime: [],
    });
  });

  await t.test('a worker that is started later has it too', async (t) => {
    const workers = async () => (await desk.ask('/api/v1/status')).json['workers'] as { id: number; pid: number; state: string }[];
    // Not the one that serves the writer, whose session is needed on.
    const spared = workerOf(writer.threadId);
    const victim = (await workers()).find(({ id }) => id !== spared);
    for (const session of readers) session.destroy();
    if (victim === undefined) throw new Error('a second worker is needed');
    process.kill(victim.pid, 'SIGKILL');
    await until('it is back', async () => (await workers()).every(({ pid, state }) => pid !== victim.pid && state === 'running'));
    const fresh = await Promise.all([1, 2, 3, 4].map(() => proxy.connect('split')));
    for (const session of fresh) {
      await t.rejects(session.query('SELECT SLEEP(0)'), DENIED);
      await session.end();
    }
  });

  await t.test('what is wrong is said and changes nothing', async (t) => {
    const good = await readFile(proxy.configPath, 'utf8');
    const refusedBefore = await desk.metric('pointsman_config_reloads_total{result="refused"}');
    await desk.edit((next) => (next.clusters.main['hold'] = { timeout: 'soon' }));
    t.match(await desk.refused(), /pointsman\.json:\d+:\d+: clusters\.main\.hold\.timeout: a duration is text with its unit/);
    await writeFile(proxy.configPath, good);
    await desk.edit(
      (next) =>
        (next['admin'] = { ...(next['admin'] as object), token: TOKEN, tls: { certFile: '/nowhere.pem', keyFile: '/nowhere.key' } }),
    );
    t.match(await desk.refused(), /admin\.tls\.certFile: .*nowhere\.pem/);
    await writeFile(proxy.configPath, good);
    await desk.edit((next) => (next.clusters.main['tls'] = { caFile: '/nowhere.pem' }));
    t.match(await desk.refused(), /clusters\.main\.tls\.caFile: .*nowhere\.pem/, 'a certificate that cannot be read');
    await writeFile(proxy.configPath, good);
    await desk.edit(({ clusters }) => (clusters.main.backends = clusters.main.backends.filter(({ name }) => name !== 'db1')));
    t.match(await desk.refused(), /db1 is the primary now/);
    await rename(proxy.configPath, `${proxy.configPath}.away`);
    t.match(await desk.refused(), /the configuration file cannot be read/);
    t.equal(await desk.metric('pointsman_config_last_reload_successful'), 0);
    t.equal((await desk.metric('pointsman_config_reloads_total{result="refused"}')) - refusedBefore, 5);
    t.match((await desk.ask('/api/v1/config/drift')).json, { problem: /cannot be read/ });
    await writeFile(proxy.configPath, good);
    t.match(await desk.ask('/api/v1/config/reload', { dryRun: true }), { status: 200, json: { dryRun: true, applied: [] } });
    t.equal((await desk.ask('/api/v1/config/reload', {})).status, 200);
    t.equal(await desk.metric('pointsman_config_last_reload_successful'), 1);
  });

  await t.test('in the middle of a failover, and twenty in a row', async (t) => {
    const [successor] = set.replicas;
    if (successor === undefined) throw new Error('a replica is needed');
    t.match((await writer.query('SELECT @mine AS mine'))[0], [{ mine: 42 }]);
    await writer.query('COMMIT');
    await set.caughtUp();
    await set.primary.kill9();
    await until(
      'its death is known',
      async () => ((await desk.ask('/api/v1/status')).json['clusters'] as { primary: string | null }[])[0]?.primary === null,
    );
    const held = writer.query('INSERT INTO kept VALUES (2)');
    const added = desk.reload((next) => next.clusters.main.backends.push({ name: 'db3', address: `${set.replicas[1]?.host}:${db3}` }));
    await set.promote(successor);
    t.match(await added, { applied: [{ key: 'clusters.main.backends[db3]', change: 'added' }] });
    await held;
    t.match((await writer.query('SELECT COUNT(*) AS n, @mine AS mine FROM kept'))[0], [{ n: 2, mine: 42 }]);
    for (let n = 0; n < 20; n += 1) {
      await desk.edit((next) => (next['limits'] = { clients: 100 + n }));
      process.kill(proxy.pid, 'SIGHUP');
      if (n % 5 === 0) await sleep(20);
    }
    const limits = async () => ((await desk.ask('/api/v1/config')).json['config'] as { limits: { clients: number } }).limits.clients;
    await until('the last one is in force', async () => (await limits()) === 119);
    await writer.query('INSERT INTO kept VALUES (3)');
    await until('the added one is read from', async () => {
      const reader = await proxy.connect('replica');
      const at = await port(reader);
      await reader.end();
      return at === db3;
    });
    await writer.end();
    t.notMatch(proxy.log(), /bug of ours/);
  });
});
