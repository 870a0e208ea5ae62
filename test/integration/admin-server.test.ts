import { createServer, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { type AdminTls, openAdmin } from '../../src/admin/admin-server.js';
import { AdminListenError } from '../../src/admin/listen.js';
import { issueCertificate, newParty } from '../servers/issue-certificate.js';
import { context, SESSION } from '../unit/admin/fake-source.js';

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

const TOKEN = { token: 'operator-secret', tokens: [] };
const KILL =
  'POST /api/v1/sessions/5/kill HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer operator-secret\r\nContent-Type: application/json\r\n';

function openWithToken(tls?: AdminTls) {
  const inside = context({ kill: async (id) => (id === 5 ? SESSION : undefined) });
  return openAdmin({ address: LOOPBACK, metricsAddress: undefined, tls, ...TOKEN }, inside);
}

t.test('bodies: whole, in pieces, too large, cut short', { timeout: 30_000 }, async (t) => {
  const server = await openWithToken();
  t.teardown(() => server.close());
  t.match(await raw(server.address, `${KILL}Content-Length: 15\r\nConnection: close\r\n\r\n{"dryRun":true}`), /200[\s\S]*"killed": false/);
  const pieces = `${KILL}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n8\r\n{"dryRun\r\n7\r\n":true}\r\n0\r\n\r\n`;
  t.match(await raw(server.address, pieces), /200[\s\S]*"killed": false/);
  const large = 'x'.repeat(10 * 1024 * 1024);
  t.match(await raw(server.address, `${KILL}Content-Length: ${large.length}\r\n\r\n${large}`), /413[\s\S]*PM_ADMIN_TOO_LARGE/);
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const endless = `${KILL}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(160)}0\r\n\r\n`;
  t.match(await raw(server.address, endless), /413[\s\S]*PM_ADMIN_TOO_LARGE/);
  const refused = KILL.replace('operator-secret', 'wrong');
  t.match(await raw(server.address, `${refused}Content-Length: ${large.length}\r\n\r\n${large}`), /401[\s\S]*PM_ADMIN_UNAUTHORIZED/);
  t.match(
    await raw(server.address, KILL.replace('/5/', '/6/').concat('Content-Length: 0\r\nConnection: close\r\n\r\n')),
    /404[\s\S]*no session 6/,
  );
  t.equal((await fetch(`http://${server.address}/healthz`)).status, 200);
});

t.test('headers and bodies that never come to their end are cut, and others are served meanwhile', { timeout: 30_000 }, async (t) => {
  const server = await openWithToken();
  t.teardown(() => server.close());
  const slow = Array.from({ length: 50 }, () => raw(server.address, `${KILL}Content-Length: 20\r\n\r\n{"dry`));
  t.equal((await fetch(`http://${server.address}/healthz`)).status, 200);
  t.match(await raw(server.address, 'GET /healthz HTTP/1.1\r\nHost: x\r\n'), /408/);
  const statuses = (await Promise.all(slow)).map((answer) => answer.slice(9, 12));
  t.ok(statuses.filter((status) => status === '408').length >= 20);
  t.same(new Set(statuses), new Set(['408', '429']), 'so many at a time are too fast as well');
});

t.test('events, while others are served, until the server closes', async (t) => {
  const server = await openWithToken();
  const stream = await fetch(`http://${server.address}/api/v1/events`, { headers: { authorization: 'Bearer operator-secret' } });
  t.match(stream.headers.get('content-type'), /^text\/event-stream/);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('event: status')) text += (await reader?.read())?.value ?? '';
  t.equal((await fetch(`http://${server.address}/healthz`)).status, 200);
  const closed = server.close();
  await t.rejects(async () => {
    while ((await reader?.read())?.done === false);
    throw new Error('ended');
  });
  await closed;
});

t.test('HTTPS, and a new certificate', async (t) => {
  const pem = (name: string): AdminTls => {
    const party = newParty(name);
    return { cert: issueCertificate(party, party), key: party.key.export({ type: 'pkcs1', format: 'pem' }).toString(), minVersion: '1.2' };
  };
  const server = await openWithToken(pem('first'));
  t.teardown(() => server.close());
  const subject = () =>
    new Promise<string>((resolve, reject) => {
      const [host = '', port = ''] = server.address.split(':');
      const asked = requestTls({ host, port, path: '/healthz', rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        resolve(`${response.statusCode} ${(response.socket as TLSSocket).getPeerCertificate().subject.CN}`);
      });
      asked.on('error', reject).end();
    });
  t.equal(await subject(), '200 first');
  server.renew(pem('second'));
  t.equal(await subject(), '200 second');
  t.match(await raw(server.address, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'), /^$/, 'plain HTTP gets nothing');
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
