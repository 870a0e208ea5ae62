import t, { type Test } from 'tap';
import { differences, runDirect, runLike, type Step } from '../proxy/compare-runs.js';
import { openClients } from '../proxy/metrics.js';
import { COM, command, execute, PARAMETERS, query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { CAPS, errorOf, frameOf, framesOf, HEADER, runSeed, SeededBytes, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, type ReplicationSet, serverUnavailable, startReplication, until } from '../servers/servers.js';

/** What a server answers to bytes until it closes or falls silent: error codes, `ok`, `...` for anything else, and whether it closed. */
async function conversation(port: number, bytes: readonly Buffer[]): Promise<string> {
  const client = await WireClient.open({ port });
  for (const part of bytes) client.send(part);
  const seen: string[] = [];
  for (;;) {
    const frame = await client.nextFrame(1500).catch(() => 'silent' as const);
    if (frame === 'silent' || frame === undefined) {
      client.close();
      return [...seen, frame ?? 'closed'].join(' ');
    }
    if (frame[3] !== 1) seen.push(`#${frame[3]}`);
    seen.push(errorOf(frame)?.code.toString() ?? (frame[HEADER] === 0 ? 'ok' : '...'));
  }
}

const ping = Buffer.of(COM.ping);

/** Byte streams that break the framing; both sides must end alike. */
function brokenFrames(): Record<string, readonly Buffer[]> {
  const twoFrames = framesOf(query(`SELECT '${'x'.repeat(0xff_ffff)}'`));
  (twoFrames[2] as Buffer)[3] = 7;
  return {
    'a command with sequence id 3': [frameOf(ping, 3)],
    'a command with sequence id 255, then a good one': [frameOf(ping, 255), frameOf(ping)],
    'an empty packet': [frameOf(Buffer.alloc(0)), frameOf(ping)],
    'two empty packets': [frameOf(Buffer.alloc(0)), frameOf(Buffer.alloc(0))],
    'a second frame with a wrong sequence id': twoFrames,
    'a statement larger than max_allowed_packet': [...framesOf(query(`SELECT '${'x'.repeat(3_000_000)}'`)), frameOf(ping)],
    HTTP: [Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${'x'.repeat(200)}\r\n\r\n`)],
  };
}

async function framing(t: Test, set: ReplicationSet, proxy: RunningPointsman): Promise<void> {
  for (const [name, bytes] of Object.entries(brokenFrames())) {
    const direct = await conversation(set.primary.port, bytes);
    const proxied = await conversation(proxy.ports.primary, bytes);
    // A server that hangs up while bytes are still coming in often takes its own last words back (RST): all of them, or the last.
    const likely = /^(#0 )?(1153|1156|1153 #2 1156) closed$/.test(proxied);
    t.ok(proxied === direct || (direct === 'closed' && likely), `${name}: ${direct}, through the proxy ${proxied}`);
  }
}

const TOKENS =
  "SELECT * FROM thing WHERE id = 1 'a' \"b\" `c` ( ) , ; -- # /* */ /*! 0x1F X'0 B'01' \\ \\' ' @a := @@x . 1e9 .5 INSERT INTO VALUES UPDATE SET DELETE UNION ALL WITH x AS BEGIN COMMIT CALL two_results() EXPLAIN SHOW TABLES NULL DO LIMIT ? { } ~ \n \0 \xff ünï USE test1".split(
    ' ',
  );

/** Statements that are mostly nonsense: what a server says to them is what the proxy says. */
function nonsense(random: SeededBytes, count: number): Step[] {
  return Array.from({ length: count }, () => {
    const words = Array.from({ length: 1 + random.below(12) }, () => TOKENS[random.below(TOKENS.length)] as string);
    const text = words.join(random.below(4) === 0 ? '' : ' ');
    return { name: JSON.stringify(text), payload: query(text) };
  });
}

async function brokenSql(t: Test, set: ReplicationSet, proxy: RunningPointsman, random: SeededBytes): Promise<void> {
  const script = nonsense(random, 400);
  const capabilities = CAPS.plain | CAPS.sessionTrack | CAPS.deprecateEof;
  const direct = await WireClient.open({ port: set.primary.port, capabilities });
  const proxied = await WireClient.open({ port: proxy.ports.primary, capabilities });
  const expected = await runDirect(direct, script);
  t.same(differences(script, expected, await runLike(proxied, script, expected)), [], '400 statements of random words');
  direct.close();
  proxied.close();
}

/** Valid commands, to be spoiled. */
const SEEDS: readonly Buffer[] = [
  query('SELECT 1'),
  query("INSERT INTO thing (name) VALUES ('x')"),
  command(COM.initDb, 'test1'),
  command(COM.fieldList, 'thing\0'),
  command(COM.prepare, 'SELECT ?'),
  execute(1, [PARAMETERS['varString'] ?? { type: 6, value: null }]),
  command(COM.longData, 1, Buffer.of(0, 0), 'abc'),
  command(COM.reset, 1),
  command(COM.fetch, 1, 1),
  command(COM.close, 1),
  command(COM.setOption, Buffer.of(0, 0)),
  command(COM.changeUser, 'app\0', Buffer.of(20), Buffer.alloc(20, 1), 'test1\0', Buffer.of(45, 0), 'mysql_native_password\0'),
  command(COM.registerReplica, 7, Buffer.alloc(14)),
  command(COM.binlogDump, 4, Buffer.of(0, 0), 7, 'bin.000001'),
  command(COM.binlogDumpGtid, Buffer.alloc(30)),
  command(COM.processKill, 0x7fffffff),
  command(COM.resetConnection),
  command(0xfa, 1, Buffer.of(0xc0, 0, 3, 0)),
  command(COM.statistics),
];

function spoiled(random: SeededBytes): Buffer {
  const payload = Buffer.from(SEEDS[random.below(SEEDS.length)] as Buffer);
  const what = random.below(6);
  if (what === 0) return payload.subarray(0, random.below(payload.length + 1));
  if (what === 1) return Buffer.concat([payload, random.bytes(random.below(40))]);
  if (what === 2) return random.bytes(random.below(60));
  for (let i = 1 + random.below(4); i > 0 && payload.length > 1; i--) payload[1 + random.below(payload.length - 1)] = random.below(256);
  return payload;
}

/** Spoiled commands, with spoiled frames now and then: whatever happens, it happens to that client alone. */
async function fuzz(t: Test, proxy: RunningPointsman, random: SeededBytes, conversations: number): Promise<void> {
  const bystander = await proxy.connect();
  const one = async (): Promise<void> => {
    const client = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain | CAPS.sessionTrack }).catch(
      () => undefined,
    );
    if (client === undefined) return;
    for (let i = 1 + random.below(10); i > 0; i--) {
      const frame = frameOf(spoiled(random));
      if (random.below(25) === 0) frame[random.below(Math.min(4, frame.length))] = random.below(256);
      client.send(frame);
    }
    await client.nextFrame(50).catch(() => undefined);
    if (random.below(2) === 0) client.reset();
    else client.close();
  };
  for (let done = 0; done < conversations && proxy.running; done += 20) {
    await Promise.all(Array.from({ length: 20 }, one));
    const [rows] = await bystander.query('SELECT 2 AS two');
    if ((rows as { two: number }[])[0]?.two !== 2) t.fail('the bystander got something else');
  }
  await bystander.end();
  await until('no session is left', async () => (await openClients(proxy)) === 0, 20_000);
  t.ok(proxy.running, `${conversations} conversations of spoiled commands`);
  const errors = proxy
    .log()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'));
  t.same(errors, [], 'nothing of that is an error of ours');
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: bytes that make no sense`, { skip: reason ?? false }, async (t) => {
    const seed = runSeed();
    t.comment(`POINTSMAN_SEED=${seed}`);
    const set = await startReplication({ flavor, replicas: 1, extraArgs: ['--max-allowed-packet=2M', '--net-read-timeout=3'] });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set });
    t.teardown(() => proxy.stop());
    await set.primary.sql('CREATE TABLE test1.thing (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(300))');
    await set.primary.sql('CREATE PROCEDURE test1.two_results() BEGIN SELECT 1 AS one; SELECT 2 AS two; END');
    await t.test('framing', (t) => framing(t, set, proxy));
    await t.test('broken SQL', (t) => brokenSql(t, set, proxy, new SeededBytes(seed)));
    await t.test('fuzz', (t) => fuzz(t, proxy, new SeededBytes(seed), 400));
  });
}
