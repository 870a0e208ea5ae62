import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import t from 'tap';
import { openAdmin } from '../../src/admin/admin-server.js';
import { AdminListenError } from '../../src/admin/listen.js';
import { context } from '../unit/admin/fake-source.js';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

function open(metrics = false) {
  return openAdmin({ address: LOOPBACK, metricsAddress: metrics ? LOOPBACK : undefined, token: undefined, tokens: [] }, context());
}

/** Sends raw bytes and gives everything that came until the server closed. */
function raw(address: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const [host = '', port = ''] = address.split(':');
    const socket = connect(Number(port), host, () => socket.write(bytes));
    let got = '';
    socket.on('data', (data) => {
      got += data;
    });
    socket.on('error', () => resolve(got));
    socket.on('close', () => resolve(got));
  });
}

t.test('serves both addresses and closes', async (t) => {
  const server = await open(true);
  t.equal((await fetch(`http://${server.address}/healthz`)).status, 200);
  const status = await fetch(`http://${server.address}/api/v1/status`);
  t.equal(status.headers.get('cache-control'), 'no-store');
  t.match(await status.json(), { clusters: [{ name: 'main' }] });
  t.equal((await fetch(`http://${server.metricsAddress}/metrics`)).status, 200);
  t.equal((await fetch(`http://${server.metricsAddress}/api/v1/status`)).status, 404);
  const head = await fetch(`http://${server.address}/openapi.json`, { method: 'HEAD' });
  t.equal(head.status, 200);
  t.equal(await head.text(), '');
  await server.close();
  await t.rejects(fetch(`http://${server.address}/healthz`));
});

t.test('what is not a proper request gets an answer in JSON, and the server lives', async (t) => {
  const server = await open();
  t.teardown(() => server.close());
  t.match(await raw(server.address, 'this is not HTTP\r\n\r\n'), /400[\s\S]*PM_ADMIN_BAD_REQUEST/);
  t.match(await raw(server.address, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`), /431[\s\S]*PM_ADMIN/);
  t.match(await raw(server.address, `GET /${'a'.repeat(5000)} HTTP/1.1\r\nHost: x\r\n\r\n`), /414[\s\S]*PM_ADMIN_TOO_LONG/);
  t.match(await raw(server.address, 'DELETE /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /405[\s\S]*PM_ADMIN_METHOD/);
  t.equal((await fetch(`http://${server.address}/healthz`)).status, 200);
});

t.test('a client that sends its header slowly is cut', { timeout: 30_000 }, async (t) => {
  const server = await open();
  t.teardown(() => server.close());
  t.match(await raw(server.address, 'GET /healthz HTTP/1.1\r\nHost: x\r\n'), /408/);
});

t.test('an occupied address is named with a way out, and nothing stays open', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const taken = { host: '127.0.0.1', port: (other.address() as AddressInfo).port };
  const failure = await openAdmin({ address: LOOPBACK, metricsAddress: taken, token: undefined, tokens: [] }, context()).catch(
    (error) => error,
  );
  t.ok(failure instanceof AdminListenError);
  t.equal(failure.code, 'PM_ADMIN_ADDRESS_IN_USE');
  t.match(failure.message, new RegExp(`admin.metricsAddress 127.0.0.1:${taken.port} cannot be opened: another program`));
});

t.test('a unix socket', async (t) => {
  const path = `${t.testdir({})}/admin.sock`;
  const server = await openAdmin(
    { address: { host: '', port: 0, path }, metricsAddress: undefined, token: undefined, tokens: [] },
    context(),
  );
  t.teardown(() => server.close());
  t.equal(server.address, `unix:${path}`);
  const status = await new Promise((resolve, reject) => {
    request({ socketPath: path, path: '/healthz' }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  t.equal(status, 200);
});
