import t, { type Test } from 'tap';
import { type Detour, openDetour } from '../proxy/detour.js';
import { COM, command, lenenc, query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, HEADER, WireClient } from '../proxy/wire-client.js';
import { type Flavor, serverUnavailable, startStandalone, until } from '../servers/servers.js';

/*
 * Commands that the servers of the lab do not know, or not in this form: answered by a script on the way to a real server. Bytes from
 * https://dev.mysql.com/doc/dev/mysql-server/latest/ and https://mariadb.com/kb/en/com_stmt_bulk_execute/.
 */

const BULK = 0xfa;
const SEND_TYPES = 0x80;
const UNIT_RESULTS = 0x40;
/** MARIADB_CLIENT_STMT_BULK_OPERATIONS */
const BULK_OPERATIONS = 1 << 2;

const UNKNOWN_COMMAND = Buffer.concat([Buffer.of(0xff, 0x17, 0x04), Buffer.from('#08S01Unknown command')]);

async function behindDetour(
  t: Test,
  flavor: Flavor,
  greeting?: (payload: Buffer) => Buffer,
  config: Record<string, unknown> = {},
): Promise<{ detour: Detour; proxy: RunningPointsman; sql: (text: string) => Promise<unknown>; port: number; alive: () => boolean }> {
  const lone = await startStandalone({ flavor });
  t.teardown(() => lone.stop());
  const detour = await openDetour(lone.server, greeting);
  t.teardown(() => detour.close());
  const proxy = await startPointsman({ servers: [{ name: 'db1', host: '127.0.0.1', port: detour.port }], config });
  t.teardown(() => proxy.stop());
  const { server } = lone;
  return { detour, proxy, sql: (text) => server.value(text), port: server.port, alive: () => server.running };
}

/** COM_STMT_BULK_EXECUTE of one INT and one VARCHAR parameter. */
function bulk(id: number, flags: number, rows: readonly (readonly [number, string | null])[]): Buffer {
  const types = (flags & SEND_TYPES) === 0 ? [] : [Buffer.of(3, 0, 253, 0)];
  const values = rows.flatMap(([number, text]) => {
    const value = Buffer.alloc(5);
    value.writeInt32LE(number, 1);
    return [value, text === null ? Buffer.of(1) : Buffer.concat([Buffer.of(0), lenenc(text)])];
  });
  return command(BULK, id, Buffer.of(flags & 0xff, flags >> 8), ...types, ...values);
}

function column(name: string): Buffer {
  const texts = ['def', '', '', '', name, name].map((text) => lenenc(text));
  return Buffer.concat([...texts, Buffer.from('0c3f001400000008000000000000', 'hex').subarray(0, 13)]);
}

/** Two rows of the binary protocol with two BIGINT values each: generated ids and affected rows, as MariaDB 11.5 tells them. */
function unitResults(): Buffer[] {
  const row = (id: bigint, affected: bigint): Buffer => {
    const bytes = Buffer.alloc(18);
    bytes.writeBigInt64LE(id, 2);
    bytes.writeBigInt64LE(affected, 10);
    return bytes;
  };
  const eof = Buffer.from('fe00000200', 'hex');
  return [Buffer.of(2), column('Id'), column('Affected rows'), eof, row(7n, 1n), row(8n, 1n), eof];
}

async function prepared(client: WireClient, sql: string): Promise<number> {
  const [ok] = await client.command(command(COM.prepare, sql));
  return (ok as Buffer).readUInt32LE(HEADER + 1);
}

const mariadb = await serverUnavailable('mariadb');
const mysql = await serverUnavailable('mysql');

t.test('MariaDB: bulk execution', { skip: mariadb ?? false }, async (t) => {
  const { detour, proxy, sql, port } = await behindDetour(t, 'mariadb');
  await sql('CREATE TABLE test1.bulk (id INT PRIMARY KEY, what VARCHAR(30))');
  const login = { mariadbCapabilities: BULK_OPERATIONS };
  const answers = async (client: WireClient, offset: number): Promise<string[]> => {
    const id = await prepared(client, 'INSERT INTO bulk VALUES (?, ?)');
    const rows = (from: number): [number, string | null][] => [
      [offset + from, 'one'],
      [offset + from + 1, null],
    ];
    const frames = [
      ...(await client.command(bulk(id, SEND_TYPES, rows(1)))),
      ...(await client.command(bulk(id, 0, rows(3)))),
      ...(await client.command(bulk(id, SEND_TYPES, rows(3)))),
      ...(await client.command(bulk(0xffffffff, SEND_TYPES, rows(5)))),
      ...(await client.command(bulk(9999, SEND_TYPES, rows(7)))),
    ];
    return frames.map((frame) => frame.toString('latin1').replaceAll(/'\d+'/g, 'N'));
  };
  const direct = await WireClient.open({ ...login, port });
  const client = await WireClient.open({ ...login, port: proxy.ports.primary });
  t.same(await answers(client, 100), await answers(direct, 200), 'the bytes of a direct connection');
  t.equal(Number(await sql('SELECT COUNT(*) FROM test1.bulk')), 12);

  const id = await prepared(client, 'INSERT INTO bulk VALUES (?, ?)');
  await client.command(bulk(id, SEND_TYPES, [[300, 'before']]));
  detour.cut();
  await until('the session has noticed', async () => {
    const { sessions } = (await (await fetch(`${proxy.adminUrl}/api/v1/sessions`)).json()) as { sessions: { backend?: string }[] };
    return sessions.length > 0 && sessions.every(({ backend }) => backend === undefined || backend === null);
  });
  const [again] = await client.command(bulk(id, 0, [[301, 'types were not sent again']]));
  t.equal(again?.[HEADER], 0x00, 'a new server connection is told the types');
  t.equal(await sql('SELECT what FROM test1.bulk WHERE id = 301'), 'types were not sent again');

  detour.script = (payload) => (payload[0] === BULK && ((payload[5] ?? 0) & UNIT_RESULTS) !== 0 ? unitResults() : undefined);
  for (let round = 0; round < 2; round++) {
    const frames = await client.command(bulk(id, SEND_TYPES | UNIT_RESULTS, [[400, 'unit']]));
    t.same(
      frames.map((frame) => frame.subarray(HEADER)),
      unitResults(),
      'unit results pass as they are',
    );
  }
  t.equal(await client.value('SELECT 5'), '5');
  for (const each of [client, direct]) each.close();
});

t.test('MySQL 8.4: commands that are gone, and commands between servers', { skip: mysql ?? false }, async (t) => {
  const version = (payload: Buffer): Buffer => {
    const end = payload.indexOf(0, 1);
    return Buffer.concat([payload.subarray(0, 1), Buffer.from('8.4.3'), payload.subarray(end)]);
  };
  const { detour, proxy } = await behindDetour(t, 'mysql', version);
  const gone: readonly number[] = [COM.refresh, COM.processInfo, COM.processKill, COM.fieldList, COM.createDb, COM.dropDb];
  detour.script = (payload) => (gone.includes(payload[0] ?? 0) ? [UNKNOWN_COMMAND] : undefined);
  const client = await WireClient.open({ port: proxy.ports.primary });
  t.match(client.greeting.toString('latin1'), /8\.4\.3/, 'the greeting mirrors it');
  for (const byte of gone) {
    const frames = await client.command(command(byte, Buffer.from('\x07\0\0\0thing\0')));
    t.same(
      errorOf(frames[0]),
      { code: 1047, sqlState: '08S01', message: 'Unknown command' },
      `0x${byte.toString(16)}: the server's word passes`,
    );
    t.equal(frames.length, 1);
  }
  const other = await WireClient.open({ port: proxy.ports.primary });
  other.query('SELECT SLEEP(30)');
  await until('it runs', () => detour.commands.some((bytes) => bytes.includes('SLEEP(30)')));
  const id = other.greeting.readUInt32LE(other.greeting.indexOf(0, 1) + 1);
  t.equal((await client.command(command(COM.processKill, id)))[0]?.[HEADER], 0x00, 'COM_PROCESS_KILL of an id of ours works all the same');
  t.same(await other.toTheEnd(), []);
  for (const [name, byte] of [
    ['COM_CLONE', 0x20],
    ['COM_SUBSCRIBE_GROUP_REPLICATION_STREAM', 0x21],
  ] as const) {
    const [frame] = await client.command(command(byte));
    t.match(errorOf(frame), { code: 1235, sqlState: '42000', message: new RegExp(`does not pass on ${name}`) });
    t.notOk(
      detour.commands.some((bytes) => bytes[HEADER] === byte),
      'the server does not see it',
    );
  }
  t.equal(await client.value('SELECT 6'), '6', 'the connection stays');
  client.close();
});

for (const [flavor, reason] of [
  ['mysql', mysql],
  ['mariadb', mariadb],
] as const) {
  t.test(`${flavor}: SHUTDOWN`, { skip: reason ?? false }, async (t) => {
    const admin = { user: 'admin', password: 'admin' };
    const { proxy, alive } = await behindDetour(t, flavor);
    const client = await WireClient.open({ ...admin, port: proxy.ports.primary });
    const refused = { code: 1227, sqlState: '42000', message: /clusters\.main\.allowShutdown/ };
    for (const sql of ['SHUTDOWN', ' /* please */ shutdown ; ', 'SELECT 1; SHUTDOWN', ...(flavor === 'mysql' ? ['RESTART'] : [])]) {
      const frames = await client.command(query(sql));
      t.match(errorOf(frames[0]), refused, sql);
      t.equal(frames.length, 1);
    }
    const [byCommand] = await client.command(command(COM.shutdown, Buffer.of(0)));
    t.match(errorOf(byCommand), flavor === 'mysql' ? { code: 1047 } : refused, 'COM_SHUTDOWN');
    if (flavor === 'mariadb') {
      const id = await prepared(client, 'SHUTDOWN');
      t.match(errorOf((await client.command(command(COM.execute, id, Buffer.from('0001000000', 'hex'))))[0]), refused, 'prepared');
    }
    t.equal(await client.value('SELECT 7'), '7');
    t.ok(alive());
    await until('the log says so', () => /SHUTDOWN was refused/.test(proxy.log()));
    t.match(proxy.log(), /SHUTDOWN was refused/);
    client.close();

    const open = await behindDetour(t, flavor, undefined, { clusters: { main: { allowShutdown: true } } });
    const allowed = await WireClient.open({ ...admin, port: open.proxy.ports.primary });
    allowed.packet(flavor === 'mysql' ? query('SHUTDOWN') : command(COM.shutdown, Buffer.of(0)));
    const answer = await allowed.nextFrame();
    t.ok(answer === undefined || errorOf(answer) === undefined, 'allowed: it goes to the server');
    await until('the server ends', () => !open.alive());
    allowed.close();
  });
}
