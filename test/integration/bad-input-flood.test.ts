import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { openClients } from '../proxy/metrics.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, frameOf, runSeed, SeededBytes, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, serverUnavailable, startReplication, until } from '../servers/servers.js';

const CONNECTIONS = 10_000;
const AT_ONCE = 150;

/** Settles when the connection is over, however it ended. */
function dropIn(port: number, kind: number, random: SeededBytes): Promise<void> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.on('error', () => undefined);
    socket.on('close', () => done());
    const leave = (): void => void (random.below(2) === 0 ? socket.resetAndDestroy() : socket.destroy());
    if (kind === 0) socket.once('connect', leave);
    else socket.once('data', () => (kind === 1 ? leave() : socket.write(frameOf(random.bytes(40), 1), leave)));
  });
}

async function comeAndGo(count: number, atOnce: number, one: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function flood(t: Test, proxy: RunningPointsman): Promise<void> {
  const { primary: port } = proxy.ports;
  const random = new SeededBytes(runSeed());
  const whole = async (): Promise<void> => {
    const client = await WireClient.open({ port });
    client.query('SELECT 1');
    await client.frame();
    client.reset();
  };
  // A tenth of all beforehand, so that what is measured is growth and not the first use of code and buffers.
  await comeAndGo(CONNECTIONS / 10, AT_ONCE, (index) => dropIn(port, index % 3, random));
  await comeAndGo(100, 20, whole);
  await until('all are gone', async () => (await openClients(proxy)) === 0);
  await sleep(300);
  const before = proxy.sample();
  // V8 frees when it must, not when it could; ten thousand forgotten sockets with their sessions would be more than this.
  const allowedKib = before.rssKib + 30_000 * before.processes;
  const bystander = await proxy.connect();
  let asked = 0;
  let slowestMs = 0;
  let over = false;
  const ask = (async () => {
    while (!over) {
      const startMs = performance.now();
      const [rows] = await bystander.query('SELECT 7 AS seven');
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      if ((rows as { seven: number }[])[0]?.seven === 7) asked += 1;
      await sleep(10);
    }
  })();
  const startMs = performance.now();
  await comeAndGo(CONNECTIONS, AT_ONCE, (index) => dropIn(port, index % 3, random));
  await comeAndGo(500, 20, whole);
  const tookMs = performance.now() - startMs;
  over = true;
  await ask;
  await bystander.end();
  await until('no session is left', async () => (await openClients(proxy)) === 0);
  await until('file descriptors are back', () => proxy.sample().fileDescriptors <= before.fileDescriptors + 4, 15_000);
  await until('memory is back', () => proxy.sample().rssKib < allowedKib, 15_000).catch(() => undefined);
  const after = proxy.sample();
  const told = `${CONNECTIONS} connections in ${(tookMs / 1000).toFixed(1)} s: memory ${Math.round(before.rssKib / 1024)} -> ${Math.round(after.rssKib / 1024)} MiB, descriptors ${before.fileDescriptors} -> ${after.fileDescriptors}, slowest of ${asked} other statements ${slowestMs.toFixed(0)} ms`;
  t.comment(told);
  t.ok(after.rssKib < allowedKib, told);
  t.ok(asked > 20 && slowestMs < 5000, 'others are served meanwhile');
  t.equal(after.processes, before.processes, 'no worker was lost');
  t.notMatch(proxy.log(), /"level":"error"/, 'no error of ours');
}

/** Nothing, a byte, half a login: the time to log in is limited for all of them, and they are told. */
async function silent(t: Test, proxy: RunningPointsman): Promise<void> {
  const { primary: port } = proxy.ports;
  const clients = await Promise.all(Array.from({ length: 60 }, () => WireClient.dial(port)));
  await Promise.all(clients.map((client) => client.greeted()));
  for (const [index, client] of clients.entries()) {
    const login = frameOf(client.loginPayload({ port }), 1);
    if (index % 3 === 1) client.send(login.subarray(0, 1));
    if (index % 3 === 2) client.send(login.subarray(0, 50));
  }
  // Somebody who sends a byte now and then has no more time than the others.
  const dripping = clients[1] as WireClient;
  const drip = setInterval(() => dripping.send(Buffer.of(0)), 100);
  const served = await proxy.connect();
  await served.query('SELECT 1');
  await served.end();
  const ends = await Promise.all(clients.map((client) => client.toTheEnd(20_000)));
  clearInterval(drip);
  t.ok(
    ends.every((frames) => frames.length <= 1),
    'closed by the proxy, all 60',
  );
  t.same(
    [...new Set(ends.filter((frames) => frames.length > 0).map((frames) => errorOf(frames[0])?.code))],
    [1159],
    'told why: 1159, time-out',
  );
  for (const client of clients) client.close();
  const [stays] = [await proxy.connect()];
  await sleep(2500);
  await stays.query('SELECT 1');
  t.pass('a client that has logged in may be silent for longer than that');
  await stays.end();
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  // The servers hardly matter here: the second flavor with two workers.
  const workers = flavor === 'mysql' ? 1 : 2;
  t.test(`${flavor}, workers: ${workers}: many that come and go`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set, workers, config: { limits: { handshakeTimeout: '2s' }, log: { level: 'warn' } } });
    t.teardown(() => proxy.stop());
    await t.test('silent clients', (t) => silent(t, proxy));
    await t.test('flood', (t) => flood(t, proxy));
  });
}
