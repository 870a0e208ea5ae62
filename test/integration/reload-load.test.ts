/** Reloads and the end of the process while clients are at work: what they feel of it. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import t from 'tap';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { startTls } from '../proxy/starttls.js';
import { makeCertificates, serverUnavailable, startReplication, until } from '../servers/servers.js';
import { HandoverLoad } from './handover-load.js';

const TOKEN = 'a-token-that-is-long-enough';
/** Rounds of seven reloads; `RELOAD_ROUNDS=40` for a long run. */
const ROUNDS = Number(process.env['RELOAD_ROUNDS'] ?? 4);

interface Written {
  clusters: { main: { backends: { name: string; weight?: number }[]; [key: string]: unknown } };
  [key: string]: unknown;
}

/** Sessions on replicas, always in a transaction or about to be: each must see one server and its own variable until its COMMIT. */
class Readers {
  readonly troubles: string[] = [];
  transactions = 0;
  #stopped = false;
  readonly #running: Promise<void>[] = [];

  async start(proxy: RunningPointsman, count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const client = await proxy.connect('replica');
      await client.query(`SET @mine = ${n}`);
      this.#running.push(this.#run(client, n));
    }
  }

  async #run(client: Connection, mine: number): Promise<void> {
    const look = async () => ((await client.query('SELECT @@port AS port, @mine AS mine'))[0] as { port: number; mine: number }[])[0];
    while (!this.#stopped) {
      try {
        await client.query('START TRANSACTION READ ONLY');
        const first = await look();
        await sleep(10);
        const second = await look();
        await client.query('COMMIT');
        this.transactions += 1;
        if (first?.port !== second?.port || Number(second?.mine) !== mine) this.troubles.push(JSON.stringify({ mine, first, second }));
      } catch (error) {
        this.troubles.push(String(error));
        return;
      }
    }
    await client.end();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }
}

const reason = await serverUnavailable('mariadb');
t.test('under load', { skip: reason ?? false, timeout: 300_000 }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 2 });
  t.teardown(() => set.stop());
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-reload-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const files = await makeCertificates();
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await copyFile(files.serverCert, certFile);
  await copyFile(files.serverKey, keyFile);
  const config = {
    admin: { token: TOKEN },
    log: { format: 'json' },
    drain: { acceptFor: '1500ms', timeout: '8s' },
  };
  const proxy = await startPointsman({ servers: set, workers: 2, config, listenerTls: { mode: 'prefer', certFile, keyFile } });
  let ended = false;
  t.teardown(() => (ended ? undefined : proxy.stop()));
  const reload = async (): Promise<{ status: number; text: string }> => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    for (;;) {
      const answer = await fetch(`${proxy.adminUrl}/api/v1/config/reload`, { method: 'POST', headers, body: '{}' });
      const text = await answer.text();
      if (answer.status !== 429) return { status: answer.status, text };
      // A quick machine gives more orders than one may in that time.
      await sleep(Number(answer.headers.get('retry-after')) * 1000);
    }
  };
  const good = JSON.parse(await readFile(proxy.configPath, 'utf8')) as Written;
  const changed = async (change: (config: Written) => void): Promise<string> => {
    const copy = structuredClone(good);
    change(copy);
    await writeFile(proxy.configPath, JSON.stringify(copy));
    const { status, text } = await reload();
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return text;
  };
  const shown = async () => {
    const secure = await startTls(proxy.ports.split);
    const found = secure.getPeerX509Certificate()?.subject;
    secure.destroy();
    return found;
  };

  await t.test('reload after reload, and no client has an error', async (t) => {
    const load = new HandoverLoad({ splitPort: proxy.ports.split, primaryPort: proxy.ports.primary });
    await load.start(9);
    const readers = new Readers();
    await readers.start(proxy, 6);
    const seen = new Set<string | undefined>();
    const tookMs: number[] = [];
    const timed = async (change: (config: Written) => void) => {
      const beganMs = performance.now();
      const text = await changed(change);
      tookMs.push(performance.now() - beganMs);
      return text;
    };
    for (let round = 1; round <= ROUNDS; round += 1) {
      const [cert, key] = round % 2 === 0 ? [files.serverCert, files.serverKey] : [files.clientCert, files.clientKey];
      t.match(await timed(({ clusters }) => (clusters.main.backends = clusters.main.backends.slice(0, 2))), /backends\[db3\]/);
      await sleep(30);
      t.match(await timed(({ clusters }) => (clusters.main.backends = clusters.main.backends.filter(({ name }) => name !== 'db2'))), /db2/);
      await sleep(30);
      t.match(
        await timed(({ clusters }) => clusters.main.backends.map((each, n) => Object.assign(each, { weight: 10 * n + round }))),
        /weight/,
      );
      t.match(
        await timed((next) => (next['rules'] = [{ name: `r${round}`, match: { pattern: 'nowhere' }, action: { deny: 'no' } }])),
        /rules\[r/,
      );
      await Promise.all([copyFile(cert, certFile), copyFile(key, keyFile)]);
      await timed((next) => {
        next['limits'] = { clients: 5_000 + round };
        next.clusters.main['hold'] = { timeout: `${10 + round}s` };
        next.clusters.main['monitor'] = { ...(next.clusters.main['monitor'] as object), interval: `${200 + round}ms` };
      });
      seen.add(await shown());
      await writeFile(proxy.configPath, '{ "clusters": ');
      t.equal((await reload()).status, 422, 'half a file');
      await writeFile(proxy.configPath, JSON.stringify(good));
      const both = await Promise.all([reload(), reload(), reload()]);
      t.same(
        both.map(({ status }) => status),
        [200, 200, 200],
        'at the same time',
      );
    }
    await readers.stop();
    await load.stop();
    t.same(load.troubles, []);
    t.same(readers.troubles, []);
    t.same(await load.wrong(set.primary), []);
    t.equal(seen.size, 2, 'both certificates were shown');
    tookMs.sort((a, b) => a - b);
    const [middle, longest] = [tookMs[Math.floor(tookMs.length / 2)] ?? 0, tookMs.at(-1) ?? 0].map(Math.round);
    t.comment(
      `${tookMs.length} reloads that changed something, median ${middle} ms, longest ${longest} ms; ${load.acknowledged.length} writes, ${load.transactions} transactions, ${load.reads} reads, ${readers.transactions} transactions on replicas`,
    );
    t.ok(readers.transactions > ROUNDS && load.transactions > ROUNDS);
    t.notMatch(proxy.log(), /bug of ours/);
  });

  await t.test('SIGTERM: each session ends when it has nothing open', async (t) => {
    const goodbyes = new Map<string, string>();
    const client = async (name: string): Promise<Connection> => {
      const connection = await proxy.connect('primary');
      connection.on('error', (error: { errno?: number; code?: string }) => goodbyes.set(name, `${error.errno ?? error.code}`));
      return connection;
    };
    const [idle, open, active, endless] = await Promise.all(['idle', 'open', 'active', 'endless'].map(client));
    if (!idle || !open || !active || !endless) throw new Error('four clients');
    for (const each of [open, endless]) {
      await each.query('BEGIN');
      await each.query(`INSERT INTO handover VALUES (${each === open ? 1_900_000_001 : 1_900_000_002}, 9)`);
    }
    const answer = active.query('SELECT SLEEP(3) AS slept');
    answer.catch(() => undefined);
    process.kill(proxy.pid, 'SIGTERM');
    await until('not ready', async () => (await fetch(`${proxy.adminUrl}/readyz`)).status === 503);
    await (await proxy.connect('primary')).end();
    t.pass('a new client is still let in');
    await until('the idle one is told', async () => goodbyes.has('idle'));
    await t.rejects(proxy.connect('primary'), 'nobody new any more');
    await open.query('UPDATE handover SET part = 10 WHERE id = 1900000001');
    await open.query('COMMIT');
    t.match((await answer)[0], [{ slept: 0 }], 'what runs is finished');
    await until('all but one are told', async () => goodbyes.size === 3);
    t.same([...goodbyes].sort(), [
      ['active', '1053'],
      ['idle', '1053'],
      ['open', '1053'],
    ]);
    await until('the process is over', async () => !proxy.running);
    ended = true;
    t.match(proxy.log(), /"message":"drained"/);
    t.match(
      await set.primary.sql('SELECT id FROM test1.handover WHERE id > 1900000000'),
      [{ id: 1_900_000_001 }],
      'the endless one is undone',
    );
  });
});
