import type { RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { type Detour, openDetour } from '../proxy/detour.js';
import { lenenc } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { CAPS, errorOf, HEADER, queryPayload, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, serverUnavailable, startStandalone, until } from '../servers/servers.js';

/*
 * Capabilities that a server promised when the client logged in, and that the server its statements get to does not have: on the way to a
 * real server the greeting is changed. Query attributes are of MySQL 8.0.23: bytes from
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html
 */

const QUERY_ATTRIBUTES = 0x0800_0000;
const NONE = Buffer.of(0, 1);
const PARAMETER_COUNT = 0x08;

/** Changes the upper or lower capability bits of a greeting. */
function withCapabilities(greeting: Buffer, change: (bits: number) => number): Buffer {
  const copy = Buffer.from(greeting);
  const at = copy.indexOf(0, 1) + 1 + 4 + 8 + 1;
  const bits = change((copy.readUInt16LE(at) | (copy.readUInt16LE(at + 5) << 16)) >>> 0) >>> 0;
  copy.writeUInt16LE(bits & 0xffff, at);
  copy.writeUInt16LE(bits >>> 16, at + 5);
  return copy;
}

/** A proxy that has seen a server with these bits; what is dialled from now on has them only while `promise` says so. */
async function promised(t: Test, change: (bits: number, promise: boolean) => number): Promise<{ proxy: RunningPointsman; detour: Detour }> {
  const { server, stop } = await startStandalone({ flavor: 'mysql', tls: false });
  t.teardown(stop);
  let promise = true;
  // The monitor believes in the promise too, and puts an empty set of attributes into its queries.
  const isEmptySet = (payload: Buffer): boolean => payload[0] === 0x03 && payload.subarray(1, 3).equals(NONE);
  const detour = await openDetour(
    server,
    (greeting) => withCapabilities(greeting, (bits) => change(bits, promise)),
    (payload) => (isEmptySet(payload) ? Buffer.concat([Buffer.of(0x03), payload.subarray(3)]) : payload),
  );
  t.teardown(() => detour.close());
  const proxy = await startPointsman({
    servers: [{ name: 'db1', host: '127.0.0.1', port: detour.port }],
    config: { clusters: { main: { hold: { timeout: '3s' } } } },
  });
  t.teardown(() => proxy.stop());
  promise = false;
  return { proxy, detour };
}

const mysql = await serverUnavailable('mysql');

t.test('query attributes for a server that has none', { skip: mysql ?? false }, async (t) => {
  const { proxy, detour } = await promised(t, (bits, promise) => (promise ? bits | QUERY_ATTRIBUTES : bits & ~QUERY_ATTRIBUTES));
  const client = await WireClient.open({ port: proxy.ports.primary, capabilities: (CAPS.plain | QUERY_ATTRIBUTES) >>> 0 });
  const offered = client.greeting.indexOf(0, 1) + 19;
  t.ok((client.greeting.readUInt16LE(offered) << 16) & QUERY_ATTRIBUTES, 'the greeting offered them');
  const ask = (text: string): Buffer => Buffer.concat([Buffer.of(0x03), NONE, Buffer.from(text)]);
  const textOf = (frames: readonly Buffer[]): string | undefined => frames.at(-2)?.toString('latin1', HEADER + 1);
  t.equal(textOf(await client.command(ask("SELECT 'plain'"))), 'plain', 'a statement without attributes is translated');
  t.ok(
    detour.commands.some((frame) => frame.toString('latin1', HEADER) === "\x03SELECT 'plain'"),
    'by us',
  );
  const long = 'x'.repeat(3_000_000);
  t.equal(textOf(await client.command(ask(`SELECT LENGTH('${long}')`))), '3000000', 'also one that streams');
  const attribute = Buffer.concat([Buffer.of(1, 1, 0, 1, 0xfd, 0), lenenc('trace'), lenenc('abc')]);
  const [refused] = await client.command(Buffer.concat([Buffer.of(0x03), attribute, Buffer.from('SELECT 1')]));
  t.match(errorOf(refused), { code: 1235, message: /attributes cannot be sent to db1/ }, 'one with attributes is refused');
  const [prepared] = await client.command(Buffer.concat([Buffer.of(0x16), Buffer.from('SELECT ? + 1')]));
  const id = (prepared as Buffer).readUInt32LE(HEADER + 1);
  const head = Buffer.alloc(10);
  head[0] = 0x17;
  head.writeUInt32LE(id, 1);
  head[5] = PARAMETER_COUNT;
  head.writeUInt32LE(1, 6);
  const number = Buffer.alloc(8);
  number.writeBigInt64LE(41n);
  const one = [Buffer.of(1), Buffer.of(0), Buffer.of(1), Buffer.of(8, 0), lenenc(''), number];
  const rows = await client.command(Buffer.concat([head, ...one]));
  t.equal(rows.at(-2)?.readBigInt64LE(HEADER + 2), 42n, 'an execution without attributes');
  const again = await client.command(Buffer.concat([head, Buffer.of(1), Buffer.of(0), Buffer.of(0), number]));
  t.equal(again.at(-2)?.readBigInt64LE(HEADER + 2), 42n, 'and once more without types');
  const two = [
    Buffer.of(2),
    Buffer.of(0),
    Buffer.of(1),
    Buffer.of(8, 0),
    lenenc(''),
    Buffer.of(0xfd, 0),
    lenenc('trace'),
    number,
    lenenc('abc'),
  ];
  const [named] = await client.command(Buffer.concat([head, ...two]));
  t.match(errorOf(named), { code: 1235 }, 'an execution with one is refused');
  t.equal(textOf(await client.command(ask("SELECT 'on'"))), 'on', 'the connection goes on');
  client.close();
});

t.test('a server that does not write packets as the client reads them', { skip: mysql ?? false }, async (t) => {
  const { deprecateEof } = CAPS;
  const { proxy } = await promised(t, (bits, promise) => (promise ? bits : bits & ~deprecateEof));
  const old = await WireClient.open({ port: proxy.ports.primary });
  t.equal(await old.value('SELECT 7'), '7', 'a client that needs nothing of it is served');
  old.close();
  const client = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain | deprecateEof });
  client.packet(queryPayload('SELECT 8'));
  const frames = await client.toTheEnd();
  t.match(errorOf(frames[0]), { code: 9503, message: /connect again: .*db1 \(8\.0.*\) has no DEPRECATE_EOF/ });
  t.equal(frames.length, 1, 'then its connection ends, so that it logs in anew');
  client.close();
});

t.test('a server that asks for a file out of the blue', { skip: mysql ?? false }, async (t) => {
  const { proxy, detour } = await promised(t, (bits) => bits);
  detour.script = (payload) => (payload.includes('evil') ? [Buffer.from('\xfb/etc/passwd', 'latin1')] : undefined);
  for (const sql of ["SELECT 'evil'", "INSERT INTO evil VALUES ('LOAD DATA LOCAL INFILE')", "LOAD DATA INFILE 'evil' INTO TABLE t"]) {
    const client = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain });
    client.packet(queryPayload(sql));
    const frame = await client.frame();
    t.ok([9501, 9507].includes(errorOf(frame)?.code ?? 0), `${sql}: an error, and no request for a file`);
    client.close();
  }
  const client = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain });
  client.packet(queryPayload("LOAD DATA LOCAL INFILE 'evil' INTO TABLE t"));
  t.equal((await client.frame())[HEADER], 0xfb, 'a statement that names a file may be asked for one');
  client.close();
  const unable = await WireClient.open({ port: proxy.ports.primary, capabilities: CAPS.plain & ~0x80 });
  unable.packet(queryPayload("LOAD DATA LOCAL INFILE 'evil' INTO TABLE t"));
  t.not((await unable.nextFrame())?.[HEADER], 0xfb, 'but not a client that cannot send any');
  unable.close();
});

/** In the sandbox COM_STATISTICS, which marks the ends of answers elsewhere, is refused as well. */
function answerOf(client: WireClient, sql: string): Promise<Buffer> {
  client.packet(queryPayload(sql));
  return client.frame();
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: connection attributes`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor, performanceSchema: true });
    t.teardown(stop);
    const proxy = await startPointsman({ servers: [server] });
    t.teardown(() => proxy.stop());
    await server.sql("GRANT SELECT ON performance_schema.* TO 'app'@'%'").catch(() => undefined);
    const connection = await proxy.connect('primary', { connectAttributes: { program_name: 'billing', colour: 'green' } });
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT ATTR_NAME AS name, ATTR_VALUE AS value FROM performance_schema.session_account_connect_attrs WHERE PROCESSLIST_ID = CONNECTION_ID()',
    );
    const attributes = Object.fromEntries(rows.map((row) => [row['name'], row['value']]));
    t.match(attributes, { program_name: 'billing', colour: 'green', _pointsman_client: '127.0.0.1', _pointsman_version: /^\d+\./ });
    t.equal(Number(attributes['_pointsman_connection_id']), connection.threadId, 'the id that KILL takes');
    await connection.end();
  });

  t.test(`${flavor}: idle clients`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor });
    t.teardown(stop);
    const proxy = await startPointsman({ servers: [server], config: { auth: { verifyInterval: '1h' }, log: { level: 'debug' } } });
    t.teardown(() => proxy.stop());
    const idle = async (name: string, client: WireClient): Promise<void> => {
      const began = Date.now();
      t.same(await client.toTheEnd(20_000), [], `${name}: closed without a word, as these servers do`);
      t.ok(Date.now() - began >= 1500, `${name}: not before its time`);
      client.close();
    };
    const open = (capabilities = CAPS.plain): Promise<WireClient> => WireClient.open({ port: proxy.ports.primary, capabilities });
    const own = await open();
    await own.command(queryPayload('SET SESSION wait_timeout = 2'));
    await idle('wait_timeout of the session', own);

    await server.sql('SET GLOBAL wait_timeout = 2, GLOBAL interactive_timeout = 7');
    await until('the proxy knows of it', async () => (await open()).ended === false);
    const attached = await open();
    t.equal(await attached.value('SELECT @@wait_timeout'), '2');
    await idle('wait_timeout of the server', attached);
    // Proven a moment ago, so that these have no server connection before their first statement.
    const lazy = await open();
    const interactive = await open(CAPS.plain | 0x400);
    await idle('no server connection yet', lazy);
    t.equal(await interactive.value('SELECT @@wait_timeout'), '7', 'an interactive client has the other limit');
    interactive.close();
    await until('the log says so', () => /ended as a server would/.test(proxy.log()));
    t.match(proxy.log(), /ended as a server would/, 'by us, that is');
  });

  t.test(`${flavor}: an expired password`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor });
    t.teardown(stop);
    await server.sql(`CREATE USER 'old'@'%' IDENTIFIED ${flavor === 'mysql' ? 'WITH mysql_native_password ' : ''}BY 'old'`);
    await server.sql("GRANT ALL ON test1.* TO 'old'@'%'");
    await server.sql("ALTER USER 'old'@'%' PASSWORD EXPIRE");
    await server.sql('SET GLOBAL disconnect_on_expired_password = ON').catch(() => undefined);
    const proxy = await startPointsman({ servers: [server], config: { auth: { mode: 'auto' }, users: [] } });
    t.teardown(() => proxy.stop());
    const login = { user: 'old', password: 'old', database: '' };
    const compare = async (port: number): Promise<string[]> => {
      const seen: string[] = [];
      await WireClient.open({ ...login, port }).then(
        (client) => client.close(),
        (error: Error) => seen.push(error.message.replace(/^.*?#/, '#')),
      );
      const client = await WireClient.open({ ...login, port, capabilities: CAPS.plain | 0x40_0000 });
      for (const sql of ['SELECT 1', 'SET @a = 1', 'USE test1']) {
        seen.push(`${sql}: ${JSON.stringify(errorOf(await answerOf(client, sql)))}`);
      }
      client.close();
      return seen;
    };
    const direct = await compare(server.port);
    t.match(direct[0], /expired/, 'the server refuses clients that cannot handle it');
    t.same(await compare(proxy.ports.primary), direct, 'the same through the proxy');
    const client = await WireClient.open({ ...login, port: proxy.ports.primary, capabilities: CAPS.plain | 0x40_0000 });
    const newPassword = flavor === 'mysql' ? "ALTER USER USER() IDENTIFIED BY 'new'" : "SET PASSWORD = PASSWORD('new')";
    t.equal((await answerOf(client, newPassword))[HEADER], 0x00, `${newPassword} in the sandbox`);
    t.equal(await client.value('SELECT 1'), '1', 'and the session is let out of it');
    await client.command(queryPayload('SET @kept = 5'));
    t.equal(await client.value('SELECT @kept'), '5');
    client.close();
    const renewed = await WireClient.open({ ...login, port: proxy.ports.primary, password: 'new' });
    t.equal(await renewed.value('SELECT 2'), '2', 'the new password is accepted');
    renewed.close();
    await t.rejects(WireClient.open({ ...login, port: proxy.ports.primary }), /Access denied/, 'and the old one no more');
  });
}
