import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { PASSWORDS, reservePorts, serverUnavailable, startStandalone, until } from '../servers/servers.js';

/* Unix sockets and IPv6, towards clients and servers. */

const reason = await serverUnavailable('mariadb');
const noIpv6 = await new Promise<boolean>((done) => {
  const server = createServer();
  server.once('error', () => done(true));
  server.listen(0, '::1', () => server.close(() => done(false)));
});

for (const workers of [1, 2]) {
  t.test(`unix sockets and IPv6 with workers: ${workers}`, { skip: reason ?? (noIpv6 ? 'this machine has no IPv6' : false) }, async (t) => {
    const { server, stop } = await startStandalone({ flavor: 'mariadb', extraArgs: ['--bind-address=127.0.0.1,::1'] });
    t.teardown(stop);
    const folder = await mkdtemp(join(tmpdir(), 'pointsman-listen-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'proxy.sock');
    const [reserved] = await reservePorts(1);
    const port = reserved?.port ?? 0;
    t.teardown(() => reserved?.release());
    const start = () =>
      startPointsman({
        servers: [{ name: 'db1', host: '[::1]', port: server.port }],
        workers,
        config: {
          listeners: [
            { name: 'local', address: `unix:${path}`, route: 'primary', cluster: 'main', tls: { mode: 'require' } },
            { name: 'six', address: `[::1]:${port}`, route: 'primary', cluster: 'main' },
          ],
        },
      });

    const first = await start();
    t.equal(statSync(path).mode & 0o777, 0o777, 'everybody may connect, as to a server');
    const login = { user: 'app', password: PASSWORDS.app };
    const who = async (where: { socketPath: string } | { host: string; port: number }): Promise<unknown> => {
      const connection = await createConnection({ ...login, ...where });
      const [rows] = await connection.query<RowDataPacket[]>('SELECT USER() AS me');
      await connection.end();
      return rows[0]?.['me'];
    };
    t.equal(await who({ socketPath: path }), 'app@::1', 'unix socket (secure without TLS), then IPv6 to the server');
    t.equal(await who({ host: '::1', port }), 'app@::1', 'IPv6 on both sides');
    const wrong = { user: 'app', password: 'wrong' };
    await t.rejects(createConnection({ ...wrong, socketPath: path }), { message: /'app'@'localhost'/ });
    await t.rejects(createConnection({ ...wrong, host: '::1', port }), { message: /'app'@'::1'/ });
    await first.stop();
    t.notOk(existsSync(path), 'the file goes with its owner');

    const killed = await start();
    process.kill(killed.pid, 'SIGKILL');
    await until('it is gone', async () => !killed.running);
    await killed.stop().catch(() => undefined);
    t.ok(existsSync(path), 'a killed owner leaves its file behind');
    const again = await start();
    t.equal(await who({ socketPath: path }), 'app@::1', 'which the next one takes away');
    await again.stop();
  });
}
