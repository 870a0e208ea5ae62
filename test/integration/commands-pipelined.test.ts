import t, { type Test } from 'tap';
import { differences, type Run, runDirect, runLike, runPipelined, type Step } from '../proxy/compare-runs.js';
import { COM, command, execute, query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, frameOf, HEADER, runSeed, SeededBytes, WireClient } from '../proxy/wire-client.js';
import { until } from '../servers/replication.js';
import { FLAVORS, type Flavor, type ReplicationSet, serverUnavailable, startReplication } from '../servers/servers.js';
import { commandScript, preparedScript, QUERY_SCRIPT, TABLES } from './commands-script.js';

const seed = runSeed();
const ROUNDS = 5;
const STEPS = 80;

async function freshTables(set: ReplicationSet): Promise<void> {
  const root = await set.primary.connectAsRoot();
  for (const statement of [...TABLES, 'SET GLOBAL local_infile = 1']) await root.query(statement);
  root.destroy();
}

/** Commands of all kinds in any order, what makes no sense included. */
function anyScript(flavor: Flavor, random: SeededBytes): Step[] {
  const all = [...QUERY_SCRIPT, ...commandScript(flavor), ...preparedScript(flavor), ...preparedScript(flavor)];
  // Locks make runs wait; what we refuse or set in the place of server or client shows in SHOW WARNINGS and FOUND_ROWS(); MariaDB reads beyond an EXECUTE
  // that is too short.
  const not = /LOCK TABLES|XA |CREATE USER|FLUSH TABLES|made_by_command|(create|drop) db|SHOW WARNINGS|FOUND_ROWS|last|and again/;
  const steps = all.filter(({ name }) => !not.test(name));
  return Array.from({ length: STEPS }, () => blotted(steps[random.below(steps.length)] as Step));
}

/**
 * Commands that run no statement show what the one before left: where that was refused by us, the server has counted one less. And MariaDB leaves the bit
 * for changed state (0x40 of the upper byte) in EOF packets for clients that do not track state.
 */
function blotted(step: Step): Step {
  const blot = (frame: Buffer): Buffer => {
    const copy = Buffer.from(frame);
    if (copy.length === 11 && copy[HEADER] === 0x00) copy.writeUInt16LE(0, 9);
    if (copy.length === 9 && copy[HEADER] === 0xfe) {
      copy.writeUInt16LE(0, 5);
      copy[8] = (copy[8] ?? 0) & ~0x40;
    }
    return copy;
  };
  return { ...step, masked: (frames) => (step.masked?.(frames) ?? frames).map(blot) };
}

async function anyOrder(t: Test, flavor: Flavor, set: ReplicationSet, proxy: RunningPointsman): Promise<void> {
  t.comment(`--seed=${seed}`);
  const random = new SeededBytes(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const script = anyScript(flavor, random);
    const once = async (port: number, play: (client: WireClient) => Promise<Run>): Promise<Run> => {
      await freshTables(set);
      const client = await WireClient.open({ port });
      // Also for the locks of a transaction that it may leave open.
      return play(client).finally(() => client.close());
    };
    const direct = await once(set.primary.port, (client) => runDirect(client, script));
    const first = await once(proxy.ports.primary, (client) => runLike(client, script, direct));
    t.same(differences(script, direct, first), [], `round ${round}, one by one`);
    const bytes = [1 << 30, 1 + random.below(200)][round % 2] as number;
    const pipelined = await once(proxy.ports.primary, (client) => runPipelined(client, script, first, bytes));
    t.same(differences(script, direct, pipelined), [], `round ${round}, ${STEPS} commands in pieces of ${bytes} bytes`);
  }
}

/** All that comes until the answer to a last SELECT, or the end of the connection. */
async function answers(port: number, parts: readonly Buffer[], pieceBytes: number): Promise<string[]> {
  const client = await WireClient.open({ port });
  const all = Buffer.concat([...parts, frameOf(query("SELECT 'the end' AS x"))]);
  for (let at = 0; at < all.length; at += pieceBytes) {
    client.send(all.subarray(at, at + pieceBytes));
    if (pieceBytes < all.length) await new Promise((done) => setImmediate(done));
  }
  const frames: string[] = [];
  for (let left = Number.POSITIVE_INFINITY; left > 0; left--) {
    const frame = await client.nextFrame();
    if (frame === undefined) {
      frames.push('closed');
      break;
    }
    const error = errorOf(frame);
    frames.push(error === undefined ? frame.toString('latin1') : JSON.stringify({ ...error, sequence: frame[3] }));
    if (frame.toString('latin1', HEADER) === '\x07the end') left = 2;
  }
  client.close();
  return frames;
}

const LOAD = "LOAD DATA LOCAL INFILE 'a' INTO TABLE loaded FIELDS TERMINATED BY ','";

/** What a client sends that does not wait to be asked for its file, or is wrong about being asked. */
const FILES: Readonly<Record<string, readonly Buffer[]>> = {
  'a file': [
    frameOf(query(LOAD)),
    frameOf('1,one\n', 2),
    frameOf('2,two\n', 3),
    frameOf('', 4),
    frameOf(query('SELECT COUNT(*), SUM(a) FROM loaded')),
    frameOf(command(COM.ping)),
  ],
  'two files and an empty one': [
    frameOf(query(LOAD)),
    frameOf('3,three\n', 2),
    frameOf('', 3),
    frameOf(query(LOAD)),
    frameOf('', 2),
    frameOf(query(LOAD)),
    frameOf('4,four\n', 2),
    frameOf('', 3),
    frameOf(query('SELECT COUNT(*) FROM loaded')),
  ],
  'a large packet': [
    frameOf(query('SELECT 1')),
    frameOf(query(LOAD)),
    frameOf('5,five\n'.repeat(20_000), 2),
    frameOf('6,six\n', 3),
    frameOf('', 4),
    frameOf(query('SELECT COUNT(*) FROM loaded')),
  ],
  'a file nobody asks for': [frameOf(query("LOAD DATA LOCAL INFILE 'a' INTO TABLE missing")), frameOf('1,one\n', 2), frameOf('', 3)],
  'a wrong sequence id behind statements': [
    frameOf(query('SELECT SLEEP(0.2)')),
    frameOf(query('SELECT 2')),
    frameOf(command(COM.ping), 5),
    frameOf(query('SELECT 3')),
  ],
  'an end in the middle': [
    frameOf(query('SELECT 1')),
    frameOf(query('SELECT oops(')),
    frameOf(command(COM.quit)),
    frameOf(query('SELECT 2')),
  ],
};

async function files(t: Test, set: ReplicationSet, proxy: RunningPointsman): Promise<void> {
  for (const [what, parts] of Object.entries(FILES)) {
    await freshTables(set);
    const direct = await answers(set.primary.port, parts, 1 << 30);
    for (const bytes of what === 'a large packet' ? [1 << 30, 10_000] : [1 << 30, 1, 13]) {
      await freshTables(set);
      t.same(
        await answers(proxy.ports.primary, parts, bytes),
        direct,
        `${what}, ${bytes > 1e9 ? 'in one write' : `${bytes} bytes at a time`}`,
      );
    }
  }
}

function short(frame: Buffer): string {
  const error = errorOf(frame);
  if (error !== undefined) return `error ${error.code}`;
  const text = frame.toString('latin1', HEADER).replaceAll(/[^ -~]/g, '');
  return frame[HEADER] === 0 ? 'ok' : text;
}

/** Frames of a text result of one column and one row. */
const row = (value: string): RegExp[] => [/^$/, /def/, /^"?$/, new RegExp(`^${value}$`), /^"?$/];

async function match(t: Test, client: WireClient, wanted: readonly (RegExp | string)[], what: string): Promise<void> {
  const frames = (await client.frames(wanted.length, 60_000)).map(short);
  const wrong = frames.filter((frame, index) => {
    const each = wanted[index] as RegExp | string;
    return typeof each === 'string' ? frame !== each : !each.test(frame);
  });
  t.same(wrong, [], `${what}: ${frames.join(' | ')}`);
}

async function withoutServer(t: Test, set: ReplicationSet, proxy: RunningPointsman): Promise<void> {
  await freshTables(set);
  const open = (): Promise<WireClient> => WireClient.open({ port: proxy.ports.primary });
  const state = async (wanted: string): Promise<void> => {
    await until(`the primary is ${wanted}`, async () => {
      const status = (await (await fetch(`${proxy.adminUrl}/api/v1/status`)).json()) as {
        clusters: { backends: { name: string; state: string }[] }[];
      };
      return status.clusters[0]?.backends.find(({ name }) => name === 'db1')?.state === wanted;
    });
  };
  const [held, quits, fresh] = [await open(), await open(), await open()];
  for (const client of [held, quits]) await client.command(query('DO 1'));
  await set.primary.freeze();
  await state('down');
  const all = [
    query('INSERT INTO loaded VALUES (1, 1)'),
    query('SELECT COUNT(*) FROM loaded'),
    command(COM.prepare, 'SELECT 41 + 1 AS answer'),
    execute(1),
    query('SELECT oops('),
    command(COM.initDb, 'information_schema'),
    query('SELECT DATABASE()'),
    command(COM.ping),
  ];
  for (const client of [held, fresh]) client.send(Buffer.concat(all.map((payload) => frameOf(payload))));
  quits.send(Buffer.concat([query('INSERT INTO loaded VALUES (2, 2)'), command(COM.quit)].map((payload) => frameOf(payload))));
  await until('three are held', async () => {
    const status = (await (await fetch(`${proxy.adminUrl}/api/v1/status`)).json()) as { heldStatements: number };
    return status.heldStatements >= 3;
  });
  await set.primary.thaw();
  const expected = [
    'ok',
    ...row('\\d'),
    'ok',
    /def/,
    /^$/,
    /^$/,
    /def/,
    /^$/,
    /.*/,
    /^$/,
    'error 1064',
    'ok',
    ...row('information_schema'),
    'ok',
  ];
  await match(t, held, expected, 'behind a held statement, all in order');
  await match(t, fresh, expected, 'the same as the first a session sends');
  await match(t, quits, ['ok'], 'QUIT behind a held statement waits for it');
  t.same(await quits.toTheEnd(), []);
  const check = await open();
  t.equal(await check.value('SELECT COUNT(*) FROM loaded'), '3', 'each ran once');

  const [reads, writes] = [await open(), await open()];
  for (const client of [reads, writes]) await client.command(query('DO 1'));
  const behind = [query('INSERT INTO loaded VALUES (7, 7)'), command(COM.ping), query("SELECT 'after' AS x")];
  reads.send(Buffer.concat([query("SELECT CONCAT('x', SLEEP(1)) AS x"), ...behind].map((payload) => frameOf(payload))));
  writes.send(Buffer.concat([query('INSERT INTO loaded SELECT 8, SLEEP(1)'), ...behind].map((payload) => frameOf(payload))));
  await until(
    'both run',
    async () =>
      Number(
        await set.primary.value(
          "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(1)%' AND INFO NOT LIKE '%PROCESS%'",
        ),
      ) === 2,
  );
  await set.primary.kill9();
  await set.primary.start();
  await match(t, reads, [...row('x0'), 'ok', 'ok', ...row('after')], 'behind a read whose server was lost');
  await match(t, writes, ['error 9501', 'ok', 'ok', ...row('after')], 'behind a write whose server was lost');
  for (const client of [held, fresh, check, reads, writes]) client.close();
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: commands sent ahead`, { skip: reason ?? false, timeout: 110_000 }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set, config: { clusters: { main: { hold: { timeout: '30s' } } } } });
    t.teardown(() => proxy.stop());
    await t.test('in any order', (t) => anyOrder(t, flavor, set, proxy));
    await t.test('files', (t) => files(t, set, proxy));
    await t.test('without a server', (t) => withoutServer(t, set, proxy));
  });
}
