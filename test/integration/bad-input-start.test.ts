import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { metric } from '../proxy/metrics.js';
import { runPointsman } from '../proxy/run-pointsman.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, type Flavor, reservePorts, serverUnavailable, startReplication, until } from '../servers/servers.js';

/** Runs `start` with a configuration that cannot work; gives exit code and output. */
async function failedStart(t: Test, config: unknown, args: readonly string[] = []): Promise<{ code: number | string; said: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'pointsman.json');
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  const run = runPointsman(['start', '--config', path, ...args], path);
  const timer = setTimeout(() => run.child.kill('SIGKILL'), 30_000);
  const code = await run.ended;
  clearTimeout(timer);
  return { code, said: run.log().replaceAll(path, 'FILE') };
}

async function occupied(): Promise<{ port: number; server: NetServer }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server };
}

t.test('an occupied port', async (t) => {
  const { port, server } = await occupied();
  t.teardown(() => void server.close());
  const [one, two] = await reservePorts(2);
  t.teardown(() => {
    one?.release();
    two?.release();
  });
  const base = { clusters: { main: { backends: ['127.0.0.1:1'], monitor: { user: 'x' } } }, users: [{ name: 'app', password: 'app' }] };
  for (const workers of [1, 2]) {
    const listeners = [
      { name: 'fine', address: `127.0.0.1:${one?.port}`, route: 'primary' },
      { name: 'taken', address: `127.0.0.1:${port}`, route: 'replica' },
    ];
    const { code, said } = await failedStart(t, { ...base, listeners, admin: { address: `127.0.0.1:${two?.port}` }, process: { workers } });
    t.equal(code, 1, `of a listener: exit code, ${workers} workers`);
    t.match(
      said,
      new RegExp(`listener "taken" cannot open 127.0.0.1:${port}: another program listens there`),
      'names listener, address and way out',
    );
    t.notMatch(said, /\n\s+at /, 'no stack trace');
  }
  const listeners = [{ name: 'fine', address: `127.0.0.1:${one?.port}`, route: 'primary' }];
  const admin = await failedStart(t, { ...base, listeners, admin: { address: `127.0.0.1:${port}` }, process: { workers: 1 } });
  t.equal(admin.code, 1, 'of the admin address: exit code');
  t.match(admin.said, new RegExp(`127.0.0.1:${port}`), 'names it');
});

t.test('a wrong configuration', async (t) => {
  const good = { clusters: { main: { backends: ['127.0.0.1:1'] } }, users: [{ name: 'app', password: 'app' }] };
  const cases: Record<string, [unknown, RegExp]> = {
    'an unknown key': [{ ...good, limts: {} }, /FILE:\d+:\d+: limts: .*did you mean.*limits/],
    'an unknown key inside': [{ clusters: { main: { backends: ['127.0.0.1:1'], hold: { timeot: '1s' } } } }, /hold\.timeot: .*timeout/],
    'a key of a later version': [
      { clusters: { main: { backends: ['127.0.0.1:1'], pool: { mode: 'transaction' } } } },
      /FILE:\d+:\d+: clusters\.main\.pool\.mode/,
    ],
    'no cluster': [{ users: [] }, /clusters/],
    'a wrong type': [{ ...good, limits: { clients: 'many' } }, /FILE:\d+:\d+: limits\.clients/],
    'no unit': [{ clusters: { main: { backends: ['127.0.0.1:1'], hold: { timeout: 10 } } } }, /hold\.timeout/],
    'broken JSON': ['{ "clusters": { "main": { "backends": [ ', /FILE:\d+:\d+/],
    'a missing variable': [{ ...good, admin: { token: '${env:NO_SUCH_VARIABLE}' } }, /NO_SUCH_VARIABLE/],
  };
  for (const [name, [config, expected]] of Object.entries(cases)) {
    const { code, said } = await failedStart(t, config);
    t.equal(code, 2, `${name}: exit code`);
    t.match(said, expected, `${name}: says where and what`);
  }
  const missing = runPointsman(['start', '--config', '/no/such/file.json'], '/no/such/file.json');
  t.equal(await missing.ended, 2, 'no file: exit code');
  t.match(missing.log(), /\/no\/such\/file\.json/, 'no file: names it');
  const option = runPointsman(['start', '--confg', 'x.json.no'], 'x.json.no');
  t.equal(await option.ended, 2, 'a wrong option: exit code');
});

async function unreachable(t: Test, flavor: Flavor, workers: number): Promise<void> {
  const set = await startReplication({ flavor, replicas: 1 });
  t.teardown(() => set.stop());
  for (const server of set.servers) await server.stop();
  const hold = { timeout: '2s' };
  const proxy = await startPointsman({ servers: set, workers, untilReady: false, config: { clusters: { main: { hold } } } });
  t.teardown(() => proxy.stop());
  t.equal((await fetch(`${proxy.adminUrl}/readyz`)).status, 503, 'not ready');
  t.equal((await fetch(`${proxy.adminUrl}/healthz`)).status, 200, 'but alive');
  await until('it says which servers it cannot reach', () =>
    ['db1', 'db2'].every((name) => new RegExp(`"level":"warn".*"backend":"${name}".*ECONNREFUSED.*cannot be reached`).test(proxy.log())),
  );
  const startMs = performance.now();
  const stranger = await WireClient.dial(proxy.ports.primary);
  const [refusal] = await stranger.toTheEnd(15_000);
  t.equal(errorOf(refusal)?.code, 9503, 'a client is held, then refused: no server was ever seen');
  t.equal(errorOf(refusal)?.sqlState, '', 'without SQLSTATE, being in place of the greeting');
  t.ok(performance.now() - startMs > 1500, 'it was held for a while');
  t.match(errorOf(refusal)?.message, /db1.*db2/s, 'the error names the servers');
  // These wait for a greeting while the servers start.
  const waiting = Promise.allSettled((['primary', 'replica'] as const).map((route) => proxy.connect(route)));
  await Promise.all(set.servers.map((server) => server.start()));
  for (const server of set.replicas) await server.sql('SET GLOBAL read_only = 1');
  await until('it is ready', async () => (await fetch(`${proxy.adminUrl}/readyz`)).status === 200);
  for (const result of await waiting) {
    // Servers that take longer than the hold to start: the client was refused in time, which is right as well.
    if (result.status === 'rejected') t.match(result.reason, { errno: 9503 }, 'refused when the hold was over');
    else await result.value.end();
  }
  await until('there is a primary', async () => (await metric(proxy, 'pointsman_cluster_has_primary')) === 1);
  for (const route of ['primary', 'replica'] as const) {
    const connection = await proxy.connect(route);
    const [rows] = await connection.query('SELECT 1 AS one');
    t.same(rows, [{ one: 1 }], `${route} works as soon as there is a server`);
    await connection.end();
  }
}

/** Servers known, then all gone: a login still succeeds, the statement is held and refused with what is known of each server. */
async function allGone(t: Test, flavor: Flavor): Promise<void> {
  const set = await startReplication({ flavor, replicas: 1 });
  t.teardown(() => set.stop());
  const proxy = await startPointsman({ servers: set, config: { clusters: { main: { hold: { timeout: '2s' } } } } });
  t.teardown(() => proxy.stop());
  for (const server of set.servers) await server.kill9();
  await until('there is no primary', async () => (await metric(proxy, 'pointsman_cluster_has_primary')) === 0);
  const connection = await proxy.connect('primary');
  const error = await connection.query('SELECT 1').catch((caught: { errno: number; message: string }) => caught);
  t.match(error, { errno: 9503, message: /db1 is .*db2 is /s }, 'held, then refused with the state of each server');
  await Promise.all(set.servers.map((server) => server.start()));
  for (const server of set.replicas) await server.sql('SET GLOBAL read_only = 1');
  await until('there is a primary again', async () => (await metric(proxy, 'pointsman_cluster_has_primary')) === 1);
  const [rows] = await connection.query('SELECT 1 AS one');
  t.same(rows, [{ one: 1 }], 'the same connection works again');
  await connection.end();
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: no server can be reached`, { skip: reason ?? false }, async (t) => {
    for (const workers of flavor === 'mysql' ? [1, 2] : [1])
      await t.test(`at the start, ${workers} workers`, (t) => unreachable(t, flavor, workers));
    await t.test('later', (t) => allGone(t, flavor));
  });
}
