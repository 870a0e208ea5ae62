import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { COM, command, execute, lenenc, query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { CAPS, errorOf, framesOf, HEADER, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, type ReplicationSet, serverUnavailable, startReplication } from '../servers/servers.js';

const MIB = 1024 * 1024;
const SIZES: Readonly<Record<string, number>> = {
  '16 MiB - 1': 16 * MIB - 1,
  '16 MiB': 16 * MIB,
  '16 MiB + 1': 16 * MIB + 1,
  '32 MiB - 2': 32 * MIB - 2,
  '40 MiB': 40 * MIB,
};

/** Text without quotes whose parts all differ, so that a piece lost, doubled or swapped shows. */
function textOf(length: number): Buffer {
  const text = Buffer.alloc(length, '.');
  for (let at = 0; at + 16 <= length; at += 4096) text.write(`[${at.toString(36)}]`, at, 'latin1');
  return text;
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

function payloads(frames: readonly Buffer[]): Buffer {
  return Buffer.concat(frames.map((frame) => frame.subarray(HEADER)));
}

/** A statement whose whole payload has this size: the server answers with what it received. */
async function upwards(t: Test, client: WireClient, name: string, size: number): Promise<void> {
  const before = Buffer.from("\x03SELECT CONCAT(LENGTH(v), ':', MD5(v)) AS got FROM (SELECT '");
  const behind = Buffer.from("' AS v) AS t");
  const text = textOf(size - before.length - behind.length);
  const frames = await client.command(Buffer.concat([before, text, behind]), 60_000);
  t.equal(errorOf(frames[0]), undefined, `${name} up: no error`);
  t.equal(frames.at(-2)?.toString('latin1', HEADER + 1), `${text.length}:${md5(text)}`, `a command of ${name}`);
}

/** A row whose payload has this size, in the text and in the binary protocol. */
async function downwards(t: Test, client: WireClient, name: string, size: number): Promise<void> {
  // A text row is the length (4 bytes up to 16 MiB - 1, else 9) and the value; a binary row has two bytes before it.
  for (const [protocol, head] of [
    ['text', 0],
    ['binary', 2],
  ] as const) {
    const length = size - head - 4 < 16 * MIB ? size - head - 4 : size - head - 9;
    const sql = `SELECT REPEAT('0123456789', ${Math.ceil(length / 10)}) AS v WHERE 1`
      .replace('REPEAT', 'LEFT(REPEAT')
      .replace(') AS', `), ${length}) AS`);
    let frames: Buffer[];
    if (protocol === 'text') frames = await client.command(query(sql), 60_000);
    else {
      const [ok] = await client.command(command(COM.prepare, sql));
      const id = ok?.readUInt32LE(HEADER + 1) ?? 0;
      frames = await client.command(execute(id), 60_000);
      client.packet(command(COM.close, id));
    }
    // Result header, one column; then the row's frames; then the final OK or EOF.
    const row = frames.slice(2, -1);
    const expected = Buffer.concat([Buffer.alloc(head), lenenc(Buffer.alloc(length, '0123456789'))]);
    t.equal(md5(payloads(row)), md5(expected), `a ${protocol} row of ${name}`);
    t.equal(row.length, Math.floor(expected.length / 0xff_ffff) + 1, 'in as many frames as it takes');
  }
}

async function bothWays(t: Test, proxy: RunningPointsman): Promise<void> {
  for (const [name, size] of Object.entries(SIZES)) {
    const client = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain | CAPS.deprecateEof });
    await upwards(t, client, name, size);
    await downwards(t, client, name, size);
    client.close();
  }
}

/** Long data in pieces, one of them above 16 MiB, and a parameter above 16 MiB inside the EXECUTE itself. */
async function longData(t: Test, proxy: RunningPointsman): Promise<void> {
  const client = await WireClient.open({ port: proxy.ports.primary });
  await client.command(command(COM.prepare, 'SELECT LENGTH(?) AS l, MD5(?) AS m'));
  const pieces = [textOf(100), textOf(17 * MIB), textOf(3 * MIB), Buffer.alloc(0), textOf(70_000)];
  for (const piece of pieces) for (const parameter of [0, 1]) client.packet(command(COM.longData, 1, Buffer.of(parameter, 0), piece));
  const blob = { type: 252, value: undefined };
  const whole = Buffer.concat(pieces);
  const row = (await client.command(execute(1, [blob, blob]), 60_000)).at(-2);
  t.match(row?.toString('latin1'), md5(whole), 'long data of 20 MiB in pieces');
  const inside = { type: 252, value: lenenc(textOf(18 * MIB)) };
  const second = (await client.command(execute(1, [inside, inside]), 60_000)).at(-2);
  t.match(second?.toString('latin1'), md5(textOf(18 * MIB)), 'parameters of 18 MiB in the EXECUTE');
  client.close();
}

/** The payload of an OK, less the flag that tells that the statement took long. */
function withoutFlags(ok: Buffer): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the bytes of a packet, not text
  return ok.toString('latin1', HEADER).replace(/\x02[\0\b]/, '');
}

/** Files in packets of several sizes; one of exactly 16 MiB - 1 is followed by an empty frame that does not end the file. */
async function localFiles(t: Test, set: ReplicationSet, proxy: RunningPointsman): Promise<void> {
  const rows = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `${i}\trow ${i % 977} ${'.'.repeat(80)}\n`).join(''));
  const files: Record<string, Buffer[]> = {
    'packets of 64 KiB': Array.from({ length: Math.ceil(rows.length / 65_536) }, (_, i) => rows.subarray(i * 65_536, (i + 1) * 65_536)),
    'one packet': [rows],
    'packets above 16 MiB': [Buffer.concat([rows, rows, rows, rows]).subarray(0, 0xff_ffff), Buffer.from('\n1\tlast\n')],
    'no packet': [],
  };
  for (const [name, packets] of Object.entries(files)) {
    const answers: string[] = [];
    for (const port of [set.primary.port, proxy.ports.primary]) {
      const client = await WireClient.open({ port });
      await client.command(query('TRUNCATE TABLE loaded'));
      client.query("LOAD DATA LOCAL INFILE 'x' IGNORE INTO TABLE loaded");
      const request = await client.frame();
      let sequence = (request[3] as number) + 1;
      for (const packet of [...packets, Buffer.alloc(0)]) {
        const frames = framesOf(packet, sequence);
        sequence += frames.length / 2;
        client.send(Buffer.concat(frames));
      }
      const answer = await client.frame(60_000);
      answers.push(`${withoutFlags(answer)} ${await client.value("SELECT CONCAT(COUNT(*), ':', SUM(a), ':', SUM(CRC32(b))) FROM loaded")}`);
      client.close();
    }
    t.equal(answers[1], answers[0], `a local file in ${name}`);
  }
}

/** What is larger than the server takes ends as on the server. */
async function tooLarge(t: Test, proxy: RunningPointsman): Promise<void> {
  for (const megabytes of [3, 30]) {
    const connection = await proxy.connect('primary', { database: '' });
    const error = await connection.query(`SELECT '${'x'.repeat(megabytes * 1e6)}'`).catch((caught: { errno: number }) => caught.errno);
    t.equal(error, 1153, `${megabytes} MB with a max_allowed_packet of 2 MiB`);
    const ended = await connection.query('SELECT 1').then(
      () => 'goes on',
      () => 'ended',
    );
    t.equal(ended, 'ended', 'and the connection is over');
    connection.destroy();
  }
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: large packets both ways`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1, extraArgs: ['--max-allowed-packet=96M', '--local-infile=1'] });
    t.teardown(() => set.stop());
    const proxy = await startPointsman({ servers: set });
    t.teardown(() => proxy.stop());
    await set.primary.sql('CREATE TABLE test1.loaded (a INT, b VARCHAR(100))');
    await t.test('both ways', (t) => bothWays(t, proxy));
    await t.test('long data', (t) => longData(t, proxy));
    await t.test('local files', (t) => localFiles(t, set, proxy));
    await set.primary.sql('SET GLOBAL max_allowed_packet = 2097152');
    await t.test('too large', (t) => tooLarge(t, proxy));
  });
}
