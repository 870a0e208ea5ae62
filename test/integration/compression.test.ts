import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { deflateSync } from 'node:zlib';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { CAPS, frameOf, queryPayload, WireClient } from '../proxy/wire-client.js';
import { runCommand } from '../servers/run-command.js';
import { FLAVORS, PASSWORDS, type Server, serverUnavailable, startStandalone, until } from '../servers/servers.js';

/* Compressed links: mysql2, the mariadb client and hand-written bytes on one side, the servers on the other. */

const COMPRESS = 0x20;

async function before(server: Server, t: Test, compression?: string): Promise<RunningPointsman> {
  const clusters = compression === undefined ? {} : { clusters: { main: { compression } } };
  const proxy = await startPointsman({ servers: [server], config: { ...clusters, log: { level: 'debug' } } });
  t.teardown(() => proxy.stop());
  return proxy;
}

async function isCompressed(connection: Connection): Promise<unknown> {
  const [rows] = await connection.query<RowDataPacket[]>("SHOW STATUS LIKE 'Compression'");
  return rows[0]?.['Value'];
}

/** Everything that takes another way through the layer: sizes around each limit, both directions, what shrinks and what does not. */
async function roundTrips(connection: Connection, t: Test): Promise<void> {
  for (const size of [0, 1, 30, 49, 50, 51, 1000, 65_535, 65_536, 300_000, 1_000_000]) {
    const text = 'compressible '.repeat(Math.ceil(size / 13)).slice(0, size);
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT ? AS v', [text]);
    if (row?.['v'] !== text) t.fail(`${size} characters came back as ${String(row?.['v']).length}`);
    const bytes = randomBytes(size);
    const [[exact]] = await connection.execute<RowDataPacket[]>('SELECT CAST(? AS BINARY) AS v', [bytes]);
    if (Buffer.compare(exact?.['v'], bytes) !== 0) t.fail(`${size} random bytes came back changed`);
  }
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT a.n * 100 + b.n AS n, REPEAT(CHAR(65 + b.n % 26 USING latin1), 200) AS v FROM numbers a JOIN numbers b ORDER BY 1',
  );
  t.equal(rows.length, 10_000, 'many rows in many packets');
  t.ok(rows.every((row, index) => row['n'] === index && row['v'] === String.fromCharCode(65 + ((index % 100) % 26)).repeat(200)));
  await t.rejects(connection.query('SELEC 1'), { code: 'ER_PARSE_ERROR' }, 'an error');
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => connection.query<RowDataPacket[]>(`SELECT ${n} AS n`)));
  t.ok(
    answers.every(([[row]], n) => row?.['n'] === n),
    'commands that come close upon each other',
  );
}

/** LOAD DATA LOCAL in small frames: their sequence ids wrap several times. */
async function localFile(connection: Connection, t: Test): Promise<void> {
  await connection.query('CREATE TEMPORARY TABLE file_lines (line VARCHAR(300))');
  const lines = Array.from({ length: 1000 }, (_, n) => `${n} ${'x'.repeat(200)}\n`);
  const [result] = await connection.query<ResultSetHeader>({
    sql: "LOAD DATA LOCAL INFILE 'f' INTO TABLE file_lines",
    infileStreamFactory: () => Readable.from(lines.map((line) => Buffer.from(line))),
  });
  t.equal(result.affectedRows, 1000, 'LOCAL INFILE in 1000 frames');
  t.match(
    (await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM file_lines'))[0],
    [{ n: 1000 }],
    'and the connection goes on',
  );
  await connection.query('DROP TEMPORARY TABLE file_lines');
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: compression`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor, tls: true, extraArgs: ['--local-infile=1', '--max-allowed-packet=64M'] });
    t.teardown(stop);
    await server.sql('CREATE TABLE test1.numbers (n INT)');
    await server.sql(`INSERT INTO test1.numbers VALUES ${Array.from({ length: 100 }, (_, n) => `(${n})`).join(',')}`);

    for (const [mode, expected] of [
      [undefined, 'ON'],
      ['off', 'OFF'],
    ] as const) {
      const proxy = await before(server, t, mode);
      const compressed = await proxy.connect('primary', { compress: true });
      t.equal(await isCompressed(compressed), expected, `${mode ?? 'mirror'}: what the server says of a compressed client's link`);
      await roundTrips(compressed, t);
      await localFile(compressed, t);
      await compressed.end();
      const plain = await proxy.connect('primary');
      t.equal(await isCompressed(plain), 'OFF', 'a client without');
      await plain.end();
      const secure = await proxy.connect('primary', { compress: true, ssl: { rejectUnauthorized: false } });
      t.equal(await isCompressed(secure), expected, 'inside TLS');
      await secure.end();
    }

    const always = await before(server, t, 'zlib');
    const plain = await always.connect('primary');
    t.equal(await isCompressed(plain), 'ON', 'zlib: towards the server only');
    await roundTrips(plain, t);
    await localFile(plain, t);
    await plain.changeUser({ user: 'admin', password: PASSWORDS.admin });
    t.equal(await isCompressed(plain), 'ON', 'also after a change of user');
    await plain.end();
    const changing = await always.connect('primary', { compress: true });
    await changing.changeUser({ user: 'admin', password: PASSWORDS.admin });
    t.equal(await isCompressed(changing), 'ON', 'a compressed client changes its user');
    await changing.end();

    const large = await always.connect('primary', { compress: true });
    // Not 20 bytes below the limit, where mysql2 miscounts its own sequence ids, directly as well.
    for (const size of [0xff_ffff - 40, 0xff_ffff, 20 * 1024 * 1024]) {
      const bytes = Buffer.concat([randomBytes(1024 * 1024), Buffer.alloc(size - 1024 * 1024, 'abc')]);
      const [[back]] = await large.execute<RowDataPacket[]>('SELECT CAST(? AS BINARY) AS v', [bytes]);
      t.equal(Buffer.compare(back?.['v'], bytes), 0, `${size} bytes there and back`);
    }
    await large.end();

    await hostile(always, t);
    const after = await always.connect('primary', { compress: true });
    t.equal(await isCompressed(after), 'ON', 'others are served on');
    await after.end();

    const file = `${server.folder}/lines.txt`;
    await writeFile(file, `${'line of a file\n'.repeat(100_000)}`);
    const sql = `CREATE TABLE loaded (l VARCHAR(50)); LOAD DATA LOCAL INFILE '${file}' INTO TABLE loaded; SELECT COUNT(*), SUM(LENGTH(l)) FROM loaded; SHOW STATUS LIKE 'Compression'; DROP TABLE loaded`;
    const args = [
      '--no-defaults',
      '-h127.0.0.1',
      `-P${always.ports.primary}`,
      '-uapp',
      `-p${PASSWORDS.app}`,
      '--compress',
      '--skip-ssl',
      '--local-infile=1',
      '-N',
      'test1',
    ];
    const out = await runCommand('mariadb', [...args, '-e', sql]).catch((error: Error) => error.message);
    t.match(out, /100000\s+1400000\s+Compression\s+ON/, 'the mariadb client, strict about sequence ids, with a local file');
  });
}

/** A packet of a compressed connection, by hand. */
function packed(contents: Buffer, plainLength: number, sequence = 0, length = contents.length): Buffer {
  const header = Buffer.alloc(7);
  header.writeUIntLE(length, 0, 3);
  header[3] = sequence;
  header.writeUIntLE(plainLength, 4, 3);
  return Buffer.concat([header, contents]);
}

async function hostile(proxy: RunningPointsman, t: Test): Promise<void> {
  const query = frameOf(queryPayload('SELECT 1'));
  const bomb = deflateSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 });
  const before = proxy.sample().rssKib;
  const cases: Record<string, Buffer> = {
    'not zlib at all': packed(Buffer.alloc(60, 7), 100),
    'less than announced': packed(deflateSync(query), 5000),
    'more than announced': packed(deflateSync(Buffer.concat([query, Buffer.alloc(500)])), 60),
    'a bomb behind a small number': packed(bomb, 1000),
    'a bomb behind the largest number': packed(bomb, 0xff_ffff),
    'a sequence id out of order': packed(query, 0, 7),
    'bytes behind the end': packed(Buffer.concat([deflateSync(query).subarray(0, -2)]), query.length),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const client = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain | COMPRESS });
    const chunks: Buffer[] = [];
    client.socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    client.send(bytes);
    await until(`${name}: the end`, async () => client.ended);
    const answer = Buffer.concat(chunks);
    t.equal(answer.length > 14 ? answer.readUInt16LE(7 + 4 + 1) : 0, 1157, `${name}: 1157, in a compressed packet of its own`);
    client.close();
  }
  const good = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain | COMPRESS });
  const chunks: Buffer[] = [];
  good.socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const byte of packed(query, 0)) good.send(Buffer.of(byte));
  // Column count, definition, EOF, row, EOF, of which the first packet shows the sequence ids 1 (compressed) and 1 (inside).
  await until('an answer to a command split at every byte', async () => Buffer.concat(chunks).length > 20);
  t.equal(Buffer.concat(chunks)[3], 1, 'the answer counts on from the command');
  good.close();
  t.ok(proxy.sample().rssKib - before < 150 * 1024, 'memory is bounded');
}
