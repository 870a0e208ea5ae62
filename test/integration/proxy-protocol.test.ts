import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, WireClient } from '../proxy/wire-client.js';
import { FLAVORS, PASSWORDS, reservePorts, type Server, serverUnavailable, startStandalone } from '../servers/servers.js';

/*
 * PROXY headers by hand towards the listeners; towards servers MariaDB's own `proxy_protocol_networks` reads what we write.
 */

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const CLIENT = '10.9.8.7';
const V1 = Buffer.from(`PROXY TCP4 ${CLIENT} 10.0.0.1 4711 3306\r\n`);
const V2 = Buffer.from(`${SIGNATURE}2111000f0a0908070a00000112670cea${'040000'}`, 'hex');
const V6 = Buffer.from('PROXY TCP6 2001:db8::5 2001:db8::6 4711 3306\r\n');

interface Setting {
  readonly port: number;
  readonly closedPort: number;
  log(): string;
}

async function before(server: Server, t: Test, more: { cluster?: object; limits?: object; workers?: number } = {}): Promise<Setting> {
  const reserved = await reservePorts(2);
  const [port = 0, closedPort = 0] = reserved.map((each) => each.port);
  const listener = { cluster: 'main', route: 'primary' };
  const proxy = await startPointsman({
    servers: [server],
    untilReady: true,
    workers: more.workers ?? 1,
    config: {
      listeners: [
        { ...listener, name: 'proxied', address: `127.0.0.1:${port}`, proxyProtocolFrom: ['127.0.0.1'] },
        { ...listener, name: 'closed', address: `127.0.0.1:${closedPort}`, proxyProtocolFrom: ['10.0.0.0/8', 'fd00::/8'] },
      ],
      clusters: { main: more.cluster ?? {} },
      users: [
        { name: 'app', password: PASSWORDS.app },
        { name: 'hosted', password: 'hosted' },
        { name: 'limited', password: 'limited', allow: [CLIENT] },
      ],
      limits: { handshakeTimeout: '1500ms', ...more.limits },
      log: { level: 'info' },
    },
  });
  t.teardown(async () => {
    await proxy.stop();
    for (const each of reserved) each.release();
  });
  return { port, closedPort, log: proxy.log };
}

/** mysql2 behind a load balancer. */
async function through(port: number, header: Buffer, user = 'app', password = user): Promise<Connection> {
  const stream = connect({ port, host: '127.0.0.1' });
  stream.write(header);
  const connection = await mysql.createConnection({ stream, user, password }).catch((error: unknown) => {
    // mysql2 leaves a stream that it was given open.
    stream.destroy();
    throw error;
  });
  connection.on('error', () => undefined);
  return connection;
}

async function whoAmI(connection: Connection): Promise<unknown> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT USER() AS me');
  return rows[0]?.['me'];
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: PROXY headers from load balancers`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor });
    t.teardown(stop);
    await server.sql("CREATE USER 'limited'@'%' IDENTIFIED BY 'limited'");
    const { port, closedPort, log } = await before(server, t, { limits: { clientsPerAddress: 3 } });

    for (const [name, header] of Object.entries({ V1, V2 })) {
      const allowed = await through(port, header, 'limited');
      t.match(await whoAmI(allowed), /^limited@/, `${name}: the account's "allow" means the address in the header`);
      await t.rejects(
        through(port, header, 'limited', 'wrong'),
        { code: 'ER_ACCESS_DENIED_ERROR', message: `'limited'@'${CLIENT}'` },
        name,
      );
      await allowed.end();
    }
    await t.rejects(through(port, V6, 'limited'), { message: /'limited'@'2001:db8::5'/ }, 'an address that is not allowed');
    const unknown = Buffer.from('PROXY UNKNOWN\r\n');
    await t.rejects(through(port, unknown, 'limited'), { message: /'limited'@'127.0.0.1'/ }, 'UNKNOWN: the address of the connection');
    const local = await through(port, Buffer.from(`${SIGNATURE}20000000`, 'hex'));
    t.match(await whoAmI(local), /^app@/, 'LOCAL: the load balancer itself');
    await local.end();

    const slow = await WireClient.dial(port);
    for (const byte of V1) {
      slow.send(Buffer.of(byte));
      await sleep(1);
    }
    t.equal((await slow.greeted())[0], 10, 'a header that comes byte by byte');
    slow.close();

    const first = await through(port, V1);
    const [second, third] = [await through(port, V1), await through(port, V1)];
    await t.rejects(through(port, V1), { code: 'ER_CON_COUNT_ERROR' }, 'limits count the address in the header');
    const other = await through(port, Buffer.from('PROXY TCP4 10.9.8.8 10.0.0.1 1 2\r\n'));
    t.match(await whoAmI(other), /^app@/, 'which others do not share');
    await Promise.all([first.end(), second.end(), third.end(), other.end()]);

    for (const garbage of [Buffer.from('GET / HTTP/1.0\r\n\r\n'), Buffer.alloc(70_000, 0x50), Buffer.from(`${SIGNATURE}2111ffff`, 'hex')]) {
      const client = await WireClient.dial(port);
      client.send(garbage);
      t.equal(errorOf((await client.toTheEnd())[0])?.code, 1043, 'garbage gets an ERR and the end');
      client.close();
    }
    const silent = await WireClient.dial(port);
    const began = Date.now();
    t.equal(errorOf((await silent.toTheEnd())[0])?.code, 1159, 'no header: the end after handshakeTimeout');
    t.ok(Date.now() - began >= 1400);
    silent.close();
    const gone = await WireClient.dial(port);
    gone.send(V1.subarray(0, 10));
    gone.reset();

    const stranger = await WireClient.dial(closedPort);
    t.equal((await stranger.greeted())[0], 10, 'from elsewhere no header is waited for');
    stranger.send(V1);
    t.equal(errorOf((await stranger.toTheEnd())[0])?.code, 1156, 'and one that comes is nonsense');
    stranger.close();
    t.match(log(), /without the PROXY header/, 'the log tells');
    t.match(log(), new RegExp(`"client":"${CLIENT.replaceAll('.', '\\.')}"`), 'and names clients by their own address');
  });
}

const reason = await serverUnavailable('mariadb');
t.test('mariadb: PROXY headers towards servers', { skip: reason ?? false }, async (t) => {
  const { server, stop } = await startStandalone({ flavor: 'mariadb', tls: true, extraArgs: ['--proxy-protocol-networks=127.0.0.0/8'] });
  t.teardown(stop);
  await server.sql(`CREATE USER 'hosted'@'${CLIENT}' IDENTIFIED BY 'hosted'`);
  await server.sql("CREATE USER 'hosted'@'2001:db8::5' IDENTIFIED BY 'hosted'");
  for (const version of ['v1', 'v2']) {
    for (const tls of ['off', 'require']) {
      await t.test(`${version}, TLS ${tls}`, async (t) => {
        const { port } = await before(server, t, {
          workers: version === 'v2' ? 2 : 1,
          cluster: { proxyProtocol: version, tls: { mode: tls } },
        });
        const v4 = await through(port, V2, 'hosted');
        t.equal(await whoAmI(v4), `hosted@${CLIENT}`, "the server sees the client's own address");
        await v4.end();
        const v6 = await through(port, V6, 'hosted');
        t.equal(await whoAmI(v6), 'hosted@2001:db8::5', 'IPv6 likewise');
        await v6.end();
        const itself = await through(port, Buffer.from('PROXY UNKNOWN\r\n'));
        t.equal(await whoAmI(itself), 'app@127.0.0.1', 'nobody known: the address of whoever connected to us');
        await itself.end();
      });
    }
  }
  await t.test('off for one server', async (t) => {
    const address = `127.0.0.1:${server.port}`;
    const backends = [{ name: 'db1', address, proxyProtocol: 'off' }];
    const { port } = await before(server, t, { cluster: { proxyProtocol: 'v2', backends } });
    await t.rejects(through(port, V2, 'hosted'), { code: 'ER_ACCESS_DENIED_ERROR' }, 'the server sees our address');
  });
});
