import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { metric, openClients } from '../proxy/metrics.js';
import { COM, command, query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, frameOf, framesOf, HEADER, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, type ReplicationSet, serverUnavailable, setReadOnly, startReplication, until } from '../servers/servers.js';

interface Place {
  readonly set: ReplicationSet;
  readonly proxy: RunningPointsman;
}

const open = ({ proxy }: Place): Promise<WireClient> => WireClient.open({ port: proxy.ports.primary });

/** Connections of the account `app` on the primary: id, what they do, and their text. */
async function threads({ set }: Place): Promise<{ id: number; text: string }[]> {
  const rows = await set.primary.sql<{ id: number; text: string | null }>(
    "SELECT id, info AS text FROM information_schema.processlist WHERE user = 'app'",
  );
  return rows.map(({ id, text }) => ({ id, text: text ?? '' }));
}

async function nobodyLeft(t: Test, place: Place, what: string, limitMs = 15_000): Promise<void> {
  await until(`${what}: no session is left`, async () => (await openClients(place.proxy)) === 0, limitMs);
  await until(`${what}: no connection is left on the server`, async () => (await threads(place)).length === 0, limitMs);
  t.ok(place.proxy.running, `${what}: sessions and server connections are gone`);
}

async function works(t: Test, place: Place, what: string): Promise<void> {
  const connection = await place.proxy.connect();
  const [rows] = await connection.query('SELECT 1 AS one');
  t.same(rows, [{ one: 1 }], `${what}: others are served`);
  await connection.end();
}

async function duringLogin(t: Test, place: Place): Promise<void> {
  const { primary: port } = place.proxy.ports;
  for (const leave of ['reset', 'halfClose'] as const) {
    (await WireClient.dial(port))[leave]();
    const greeted = await WireClient.dial(port);
    await greeted.greeted();
    greeted[leave]();
    const halfway = await WireClient.dial(port);
    await halfway.greeted();
    halfway.send(frameOf(halfway.loginPayload({ port }), 1).subarray(0, 30));
    await sleep(20);
    halfway[leave]();
    const hasty = await WireClient.dial(port);
    await hasty.greeted();
    hasty.send(frameOf(hasty.loginPayload({ port }), 1));
    hasty[leave]();
    const switched = await WireClient.dial(port);
    await switched.greeted();
    switched.send(frameOf(switched.loginPayload({ port, password: 'wrong' }), 1));
    await switched.nextFrame();
    switched[leave]();
  }
  await nobodyLeft(t, place, 'during the login');
}

async function whileReading(t: Test, place: Place): Promise<void> {
  for (const leave of ['reset', 'halfClose'] as const) {
    const client = await open(place);
    client.query('SELECT SLEEP(60) /* abandoned */');
    await until('the read runs', async () => (await threads(place)).some(({ text }) => text.includes('abandoned')));
    client[leave]();
    await nobodyLeft(t, place, `a running read, ${leave}`);
  }
  const client = await open(place);
  client.query(
    "SELECT REPEAT('x', 1000) FROM information_schema.collations a, information_schema.collations b, information_schema.collations c",
  );
  await client.frame();
  client.socket.pause();
  client.reset();
  await nobodyLeft(t, place, 'a large result half read');
}

async function whileWriting(t: Test, place: Place): Promise<void> {
  for (const leave of ['reset', 'halfClose'] as const) {
    const client = await open(place);
    client.query(`INSERT INTO kept SELECT '${leave}' FROM (SELECT SLEEP(2)) AS slow`);
    await until('the write runs', async () => (await threads(place)).some(({ text }) => text.startsWith('INSERT')));
    client[leave]();
    await until(
      'the write is done',
      async () => (await place.set.primary.value(`SELECT COUNT(*) FROM test1.kept WHERE what = '${leave}'`)) === '1',
    );
    t.pass(`a running write ends as on a server, ${leave}`);
    await nobodyLeft(t, place, `a running write, ${leave}`);
  }
  const client = await open(place);
  await client.command(query('BEGIN'));
  await client.command(query("INSERT INTO kept VALUES ('not committed')"));
  client.reset();
  await nobodyLeft(t, place, 'an open transaction');
  t.equal(await place.set.primary.value("SELECT COUNT(*) FROM test1.kept WHERE what = 'not committed'"), '0', 'it was rolled back');
}

async function halfWayThroughSending(t: Test, place: Place): Promise<void> {
  const text = query(`INSERT INTO large VALUES ('${'x'.repeat(6_000_000)}')`);
  const whole = Buffer.concat(framesOf(text));
  for (const leave of ['reset', 'halfClose'] as const) {
    for (const bytes of [3, 30, 40_000, 5_000_000]) {
      const client = await open(place);
      client.send(whole.subarray(0, bytes));
      await sleep(100);
      client[leave]();
      await nobodyLeft(t, place, `${bytes} bytes of a statement, ${leave}`, 8_000);
    }
    const client = await open(place);
    client.query("LOAD DATA LOCAL INFILE 'x' INTO TABLE large");
    const request = await client.frame();
    t.equal(request[HEADER], 0xfb, 'the server asks for the file');
    client.packet(Buffer.from('a row\n'.repeat(50_000)), 2);
    await sleep(100);
    client[leave]();
    await nobodyLeft(t, place, `in the middle of a local file, ${leave}`, 8_000);
  }
  t.equal(await place.set.primary.value('SELECT COUNT(*) FROM test1.large'), '0', 'nothing of all that was stored');
}

async function halfClosed(t: Test, place: Place): Promise<void> {
  const client = await open(place);
  const texts = [
    "INSERT INTO kept VALUES ('piped')",
    'SELECT SLEEP(0.5)',
    "INSERT INTO kept VALUES ('piped')",
    'SELECT COUNT(*) FROM kept',
  ];
  for (const text of texts) client.query(text);
  client.halfClose();
  const frames = await client.toTheEnd();
  const oks = frames.filter((frame) => frame[HEADER] === 0x00 && frame[3] === 1);
  t.equal(oks.length, 2, 'both writes are answered although the client had closed its side');
  t.equal(frames.filter((frame) => frame[HEADER] === 0xfe).length, 4, 'and both reads');
  t.equal(await place.set.primary.value("SELECT COUNT(*) FROM test1.kept WHERE what = 'piped'"), '2', 'done once each');
  const quitting = await open(place);
  quitting.query("INSERT INTO kept SELECT 'before quit' FROM (SELECT SLEEP(1)) AS slow");
  quitting.packet(Buffer.of(COM.quit));
  await sleep(50);
  quitting.reset();
  await nobodyLeft(t, place, 'QUIT behind a write');
  t.equal(
    await place.set.primary.value("SELECT COUNT(*) FROM test1.kept WHERE what = 'before quit'"),
    '1',
    'a write with QUIT behind it is done',
  );
  const prepared = await open(place);
  prepared.packet(command(COM.prepare, "INSERT INTO kept VALUES ('by prepare')"));
  prepared.packet(command(COM.execute, 1, Buffer.from('0001000000', 'hex')));
  prepared.packet(Buffer.of(COM.quit));
  prepared.halfClose();
  t.ok((await prepared.toTheEnd()).length >= 2, 'prepare, execute and QUIT in one go are answered');
  await nobodyLeft(t, place, 'half-closed clients');
}

/** Both servers read-only and without a source to follow: no primary, statements are held. */
async function whileHeld(t: Test, place: Place): Promise<void> {
  const { set, proxy } = place;
  const hasty = await open(place);
  await hasty.command(query('SELECT 1'));
  const clients = await Promise.all(
    ['reset', 'halfClose', 'quit', 'quitAndReset', 'stays'].map(async (leave) => ({ leave, client: await open(place) })),
  );
  await setReadOnly(set.primary, true);
  await until('there is no primary', async () => (await metric(proxy, 'pointsman_cluster_has_primary')) === 0);
  for (const { leave, client } of clients) client.query(`INSERT INTO kept VALUES ('held ${leave}')`);
  await until('five statements are held', async () => (await metric(proxy, 'pointsman_held_queries')) === 5);
  for (const { leave, client } of clients) {
    if (leave.startsWith('quit')) client.packet(Buffer.of(COM.quit));
  }
  await sleep(100);
  clients[0]?.client.reset();
  clients[1]?.client.halfClose();
  clients[2]?.client.halfClose();
  clients[3]?.client.reset();
  await until('the statements of those who left are cancelled', async () => (await metric(proxy, 'pointsman_held_queries')) === 3);
  const [cancelled] = (await clients[1]?.client.toTheEnd()) ?? [];
  t.equal(errorOf(cancelled)?.code, 1317, 'a half-closed client is told so');
  await setReadOnly(set.primary, false);
  const ok = await clients[4]?.client.frame();
  t.equal(ok?.[HEADER], 0x00, 'the one that stayed is answered');
  await until(
    'held writes are done',
    async () => Number(await set.primary.value("SELECT COUNT(*) FROM test1.kept WHERE what LIKE 'held%'")) >= 3,
  );
  clients[4]?.client.close();
  hasty.close();
  await nobodyLeft(t, place, 'held statements');
  const rows = await set.primary.sql<{ what: string }>("SELECT what FROM test1.kept WHERE what LIKE 'held%' ORDER BY what");
  t.same(
    rows.map(({ what }) => what),
    ['held quit', 'held quitAndReset', 'held stays'],
    'only those with QUIT behind, and who waited, were executed',
  );
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: clients that vanish`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1, extraArgs: ['--max-allowed-packet=64M', '--local-infile=1'] });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set, config: { clusters: { main: { hold: { timeout: '20s' } } } } });
    t.teardown(() => proxy.stop());
    await set.primary.sql('CREATE TABLE test1.kept (what VARCHAR(50))');
    await set.primary.sql('CREATE TABLE test1.large (what LONGTEXT)');
    const place = { set, proxy };
    for (const part of [duringLogin, whileReading, whileWriting, halfWayThroughSending, halfClosed, whileHeld]) {
      await t.test(part.name, async (t) => {
        await part(t, place);
        await works(t, place, part.name);
      });
    }
  });
}
