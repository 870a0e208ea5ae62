import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { query } from '../proxy/payloads.js';
import { openSlowWay, type SlowWay } from '../proxy/slow-way.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { CAPS, errorOf, framesOf, HEADER, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, serverUnavailable, startReplication } from '../servers/servers.js';

const MIB = 1024 * 1024;
/** What 60 MB on their way may cost the process: socket buffers of Node and garbage not collected yet, nothing that grows with the 60 MB. */
const ALLOWED_KIB = 12 * 1024;

/** Peak of the proxy's memory over what it had, KiB, and how a bystander fared, while `work` goes on. */
async function watched(proxy: RunningPointsman, work: () => Promise<void>): Promise<{ grewKib: number; slowestMs: number; asked: number }> {
  const bystander = await proxy.connect();
  await bystander.query('SELECT 1');
  const before = proxy.sample().rssKib;
  let peak = before;
  let slowestMs = 0;
  let asked = 0;
  let over = false;
  const watch = (async () => {
    while (!over) {
      const startMs = performance.now();
      await bystander.query('SELECT 1');
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      asked += 1;
      peak = Math.max(peak, proxy.sample().rssKib);
      await sleep(20);
    }
  })();
  try {
    await work();
  } finally {
    over = true;
    await watch;
    bystander.destroy();
  }
  return { grewKib: peak - before, slowestMs, asked };
}

function judge(t: Test, what: string, seen: Awaited<ReturnType<typeof watched>>): void {
  const told = `${what}: ${(seen.grewKib / 1024).toFixed(1)} MiB more at the peak, slowest of ${seen.asked} other statements ${seen.slowestMs.toFixed(0)} ms`;
  t.ok(seen.grewKib < ALLOWED_KIB, told);
  t.ok(seen.asked > 20 && seen.slowestMs < 3000, `${what}: others go on`);
  t.comment(told);
}

const ROWS = "SELECT REPEAT('x', 10000) AS v FROM information_schema.collations a, information_schema.collations b LIMIT 6000";
const ONE_ROW = `SELECT REPEAT('x', ${60_000_000}) AS v`;

/** Takes about 1 MB a second for `seconds`, then the rest at once; gives the number of bytes. */
async function readSlowly(client: WireClient, seconds: number, wanted: number): Promise<void> {
  const { socket } = client;
  const startMs = performance.now();
  const brake = (): void => {
    const allowed = ((performance.now() - startMs) / 1000) * 1e6;
    if (client.received <= allowed || performance.now() - startMs > seconds * 1000) return;
    socket.pause();
    setTimeout(() => socket.resume(), Math.min(200, client.received - allowed));
  };
  socket.on('data', brake);
  const limit = Date.now() + 90_000;
  while (client.received < wanted) {
    if (Date.now() > limit) throw new Error(`${client.received} of ${wanted} bytes after 90 s`);
    await sleep(50);
  }
  socket.off('data', brake);
}

async function slowReaders(t: Test, proxy: RunningPointsman): Promise<void> {
  for (const [what, sql] of [
    ['60 MB in 6000 rows', ROWS],
    ['60 MB in one row', ONE_ROW],
  ] as const) {
    const client = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain | CAPS.deprecateEof });
    client.query(sql);
    const seen = await watched(proxy, () => readSlowly(client, 4, 60_000_000));
    judge(t, `${what} read at 1 MB/s`, seen);
    client.packet(Buffer.of(0x09));
    const frames = await client.upToUptime();
    t.notOk(
      frames.some((frame) => frame[HEADER] === 0xff),
      'no error',
    );
    client.close();
  }
}

/** Pushes all as fast as the proxy takes it. Gives by how much, bytes, this was ahead of what the server had been given, at most. */
async function push(client: WireClient, parts: readonly Buffer[], way: SlowWay): Promise<number> {
  const { socket } = client;
  const sentBefore = socket.bytesWritten;
  const carriedBefore = way.carriedBytes;
  let ahead = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += MIB) {
      if (!socket.write(part.subarray(at, at + MIB))) await new Promise<void>((done) => socket.once('drain', done));
      ahead = Math.max(ahead, socket.bytesWritten - socket.writableLength - sentBefore - (way.carriedBytes - carriedBefore));
    }
  }
  return ahead;
}

/** What four socket ends may hold in the kernel, and a little of the proxy's own. On machines where that is nearly all, memory alone tells. */
function allowedAhead(): number {
  const most = (name: string) => Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'latin1').trim().split(/\s+/)[2]);
  return 2 * (most('tcp_rmem') + most('tcp_wmem')) + 5e6;
}

function judgeAhead(t: Test, ahead: number): void {
  const told = `the client got ${(ahead / 1e6).toFixed(1)} MB of 60 ahead of the server`;
  const allowed = allowedAhead();
  if (allowed < 55e6) t.ok(ahead < allowed, told);
  else t.comment(`${told}; this kernel's buffers alone may hold ${(allowed / 1e6).toFixed(0)} MB`);
}

async function slowServer(t: Test, proxy: RunningPointsman, way: SlowWay): Promise<void> {
  way.bytesPerSecond = 20e6;
  const client = await WireClient.open({ port: proxy.ports.primary });
  const before = query("INSERT INTO large SELECT '");
  const statement = framesOf(Buffer.concat([before, Buffer.alloc(60_000_000, 'y'), Buffer.from("'")]));
  let ahead = 0;
  const seen = await watched(proxy, async () => {
    ahead = await push(client, statement, way);
    t.equal((await client.frame(60_000))[HEADER], 0x00, 'the statement is done');
  });
  judgeAhead(t, ahead);
  judge(t, 'a statement of 60 MB to a server that takes 20 MB/s', seen);
  t.equal(await client.value('SELECT MAX(LENGTH(what)) FROM large'), '60000000', 'all of it arrived');

  client.query("LOAD DATA LOCAL INFILE 'x' INTO TABLE loaded");
  const request = await client.frame();
  const row = Buffer.from(`${'z'.repeat(999)}\n`);
  const part = Buffer.alloc(1_000_000, row);
  const file = Array.from({ length: 60 }, (_, i) => Buffer.concat(framesOf(part, (request[3] as number) + 1 + i)));
  const load = await watched(proxy, async () => {
    ahead = await push(client, [...file, Buffer.concat(framesOf(Buffer.alloc(0), (request[3] as number) + 61))], way);
    t.equal((await client.frame(60_000))[HEADER], 0x00, 'the file is loaded');
  });
  judgeAhead(t, ahead);
  judge(t, 'a local file of 60 MB to a server that takes 20 MB/s', load);
  t.equal(await client.value('SELECT COUNT(*) FROM loaded'), '60000', 'all rows arrived');
  client.close();
}

/** The way is cut while the client is held back: it must be let go on, told, and be served again. */
async function cutMidway(t: Test, proxy: RunningPointsman, way: SlowWay): Promise<void> {
  way.bytesPerSecond = 1e6;
  for (const what of ['statement', 'file'] as const) {
    const client = await WireClient.open({ port: proxy.ports.primary });
    let parts = framesOf(Buffer.concat([query("INSERT INTO large SELECT '"), Buffer.alloc(20_000_000, 'y'), Buffer.from("'")]));
    if (what === 'file') {
      client.query("LOAD DATA LOCAL INFILE 'x' INTO TABLE loaded");
      const request = await client.frame();
      const file = Array.from({ length: 20 }, (_, i) => framesOf(Buffer.alloc(1_000_000, 'row\n'), (request[3] as number) + 1 + i));
      parts = [...file.flat(), ...framesOf(Buffer.alloc(0), (request[3] as number) + 21)];
    }
    const pushed = push(client, parts, way);
    await sleep(1500);
    way.cut();
    await pushed;
    t.equal(errorOf(await client.frame(30_000))?.code, 9501, `the way is cut in the middle of a ${what}: outcome unknown`);
    t.equal(await client.value("SELECT 'still here'"), 'still here', 'and the connection lives');
    client.close();
  }
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: back-pressure`, { skip: reason ?? false }, async (t) => {
    const extraArgs = ['--max-allowed-packet=96M', '--local-infile=1', '--net-read-timeout=120', '--net-write-timeout=120'];
    const set = await startReplication({ flavor, replicas: 0, extraArgs });
    t.teardown(() => set.stop());
    const way = await openSlowWay(set.primary, 1e9);
    t.teardown(() => way.close());
    await set.primary.sql('CREATE TABLE test1.large (what LONGTEXT)');
    await set.primary.sql('CREATE TABLE test1.loaded (what VARCHAR(1000))');
    // Each part has a process of its own: one that has held 60 MB before shows no growth.
    const parts = { slowReaders, slowServer, cutMidway };
    for (const [name, part] of Object.entries(parts)) {
      const proxy = await startPointsman({ servers: [{ name: 'db1', host: '127.0.0.1', port: way.port }] });
      const warm = await WireClient.open({ port: proxy.ports.primary });
      // At full speed first: V8 lets 30 MiB of read buffers lie about before it collects them for the first time.
      await warm.command(query(ROWS), 60_000);
      warm.close();
      await t.test(name, (t) => part(t, proxy, way));
      await proxy.stop();
      way.bytesPerSecond = 1e9;
    }
  });
}
