import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import t from 'tap';
import { type BackendConnection, type DialFailure, type DialRequest, dial } from '../../src/backend/dial.js';
import type { LentLogin } from '../../src/backend/dial-request.js';
import { runCommand, runStatement, type StatementOutcome } from '../../src/backend/run-statement.js';
import { BackendTlsContext } from '../../src/backend/tls-context.js';
import type { Credential } from '../../src/protocol/auth/secret.js';
import { Capability } from '../../src/protocol/capabilities.js';
import { FLAVORS, makeCertificates, serverUnavailable, startStandalone } from '../servers/servers.js';
import { CAPS, frameOf } from './raw-client.js';

const clear = (password: string): Credential => ({ kind: 'clear', password });

const BASE: Omit<DialRequest, 'address'> = {
  backend: 'db1',
  timeoutMs: 10_000,
  tls: { mode: 'off' },
  user: 'app',
  credential: clear('app'),
  capabilities: CAPS.plain | CAPS.deprecateEof,
  mariadbCapabilities: 0,
  charset: 45,
  maxPacketSize: 0x100_0000,
  attributes: [['program_name', 'test']],
};

type Outcome = BackendConnection | DialFailure;

function attempt(port: number, more: Partial<DialRequest> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    let returned = false;
    dial({ ...BASE, address: { host: '127.0.0.1', port }, ...more }, (outcome) => {
      if (!returned) throw new Error('done was called before dial returned');
      resolve(outcome);
    });
    returned = true;
  });
}

async function connected(port: number, more: Partial<DialRequest> = {}): Promise<BackendConnection> {
  const outcome = await attempt(port, more);
  if (!('packets' in outcome)) throw new Error(outcome.message);
  return outcome;
}

async function failed(port: number, more: Partial<DialRequest> = {}): Promise<DialFailure> {
  const outcome = await attempt(port, more);
  if (!('packets' in outcome)) return outcome;
  outcome.packets.destroy();
  throw new Error('it was let in');
}

const run = (connection: BackendConnection, sql: string, timeoutMs = 10_000): Promise<StatementOutcome> =>
  new Promise((resolve) => runStatement(connection, sql, timeoutMs, resolve));

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`dial: ${flavor}`, { skip: reason ?? false }, async (t) => {
    const { server, stop } = await startStandalone({ flavor, tls: true });
    t.teardown(stop);
    const { port, socketPath } = server;
    const files = await makeCertificates();
    const ca = await readFile(files.ca, 'utf8');
    const otherCa = await readFile(files.otherCa, 'utf8');

    await t.test('lets us in, and says what was agreed', async (t) => {
      const connection = await connected(port, { database: 'test1' });
      t.equal(connection.backend, 'db1');
      t.match(connection.greeting.serverVersion, flavor === 'mysql' ? /^8\.0\./ : /^5\.5\.5-10\.11\./);
      t.equal(connection.threadId, connection.greeting.connectionId);
      t.equal(connection.statusFlags & 2, 2, 'autocommit');
      t.ok((connection.capabilities & Capability.SESSION_TRACK) !== 0);
      t.ok((connection.capabilities & Capability.DEPRECATE_EOF) !== 0);
      t.equal(connection.capabilities & (Capability.COMPRESS | Capability.SSL), 0);
      t.match(connection.firstOk.sessionTrack, [{ type: 'schema', name: 'test1' }]);
      const killed = await server.value('SELECT 1');
      t.equal(killed, '1');
      t.match(await run(connection, 'SET @a=1'), { kind: 'ok' });
      connection.packets.destroy();
    });

    await t.test('two hundred times, each with another nonce', async (t) => {
      for (let index = 0; index < 200; index++) (await connected(port, { database: 'test1', attributes: [] })).packets.destroy();
      t.pass();
    });

    await t.test('the connection has the charset, flags and attributes of its client', async (t) => {
      const connection = await connected(port, { charset: 8, capabilities: CAPS.plain | Capability.FOUND_ROWS });
      t.match(await run(connection, "SET @c = @@character_set_client, @@session.time_zone = '+00:00'"), { kind: 'ok' });
      t.match(await run(connection, "SELECT IF(@c = 'latin1', 1, (SELECT 1 UNION SELECT 2)) INTO @d"), { kind: 'ok' });
      connection.packets.destroy();
    });

    await t.test('over the unix socket', async (t) => {
      const connection = await connected(0, { address: { host: '', port: 0, path: socketPath } });
      t.ok(connection.packets.local);
      connection.packets.destroy();
    });

    await t.test('TLS in every mode', async (t) => {
      for (const [tls, encrypted] of [
        [{ mode: 'off' }, false],
        [{ mode: 'prefer' }, true],
        [{ mode: 'require' }, true],
        [{ mode: 'verify-ca', context: new BackendTlsContext({ ca }, true) }, true],
        [{ mode: 'verify-identity', context: new BackendTlsContext({ ca }, true) }, true],
      ] as const) {
        const connection = await connected(port, { tls });
        t.equal(connection.packets.encrypted, encrypted, tls.mode);
        t.match(await run(connection, 'DO 1'), { kind: 'ok' });
        connection.packets.destroy();
      }
      const message = new RegExp(`^backend db1 \\(127\\.0\\.0\\.1:${port}\\): TLS failed: .*caFile`);
      for (const context of [new BackendTlsContext({ ca: otherCa }, true), new BackendTlsContext({}, true), undefined]) {
        t.match(await failed(port, { tls: { mode: 'verify-ca', ...(context && { context }) } }), { kind: 'tls', message });
      }
      const identity = { mode: 'verify-identity', context: new BackendTlsContext({ ca }, true) } as const;
      // Another spelling of 127.0.0.1 that no certificate names.
      t.match(await failed(port, { tls: identity, address: { host: '127.1', port } }), {
        kind: 'tls',
        message: /is for other names.*127\.1/,
      });
      const cert = await readFile(files.clientCert, 'utf8');
      const key = await readFile(files.clientKey, 'utf8');
      const context = new BackendTlsContext({ ca, cert, key }, true);
      (await connected(port, { tls: { mode: 'verify-ca', context } })).packets.destroy();
    });

    await t.test('refusals come as the server worded them', async (t) => {
      const wrong = await failed(port, { credential: clear('wrong') });
      t.match(wrong, { kind: 'server-error', err: { code: 1045, sqlState: '28000' } });
      t.match(wrong.err?.message, /^Access denied for user 'app'@'[^']+' \(using password: YES\)$/);
      t.match(await failed(port, { credential: clear('') }), { err: { code: 1045, message: /^Access denied for user 'app'/ } });
      t.match(await failed(port, { user: 'admin', credential: clear('admin'), database: 'nope' }), {
        err: { code: 1049, message: "Unknown database 'nope'" },
      });
      t.match(wrong.message, new RegExp(`^backend db1 \\(127\\.0\\.0\\.1:${port}\\): Access denied`));
    });

    await t.test('too many connections: an ERR in place of the greeting', async (t) => {
      const admin = await server.connect('admin');
      await admin.query('SET GLOBAL max_connections = 10');
      const open: BackendConnection[] = [];
      let refusal: DialFailure | undefined;
      while (refusal === undefined && open.length < 20) {
        const outcome = await attempt(port);
        if ('packets' in outcome) open.push(outcome);
        else refusal = outcome;
      }
      t.match(refusal, { kind: 'server-error', err: { code: 1040, message: 'Too many connections' } });
      for (const connection of open) connection.packets.destroy();
      await admin.query('SET GLOBAL max_connections = 151');
      await admin.end();
    });

    await t.test('run-statement: OK, ERR, several in one, a result set, time out, a killed connection', async (t) => {
      const connection = await connected(port, { user: 'admin', credential: clear('admin') });
      t.match(await run(connection, "SET @x = 'ä'"), { kind: 'ok' });
      t.match(await run(connection, 'SET nonsense = 1'), { kind: 'err', err: { code: 1193 } });
      t.match(await run(connection, 'DO 1; DO 2; SET @y = 3'), { kind: 'ok' });
      const reset = await new Promise<StatementOutcome>((resolve) => runCommand(connection, 0x1f, 10_000, resolve));
      t.match(reset, { kind: 'ok' });
      t.match(await run(connection, 'SELECT 1'), { kind: 'lost', error: { kind: 'other' } });
      const slow = await connected(port);
      t.match(await run(slow, 'DO SLEEP(5)', 100), { kind: 'lost', error: { kind: 'timeout', side: 'backend' } });
      const victim = await connected(port);
      const answer = run(victim, 'DO SLEEP(30)');
      const admin = await server.connect('admin');
      await admin.query(`KILL ${victim.threadId}`);
      await admin.end();
      const outcome = await answer;
      t.ok(outcome.kind === 'lost' || (outcome.kind === 'err' && [1317, 1927].includes(outcome.err.code)), outcome.kind);
      victim.packets.destroy();
      t.match(await run(victim, 'DO 1'), { kind: 'lost' }, 'on a closed connection');
    });

    if (flavor === 'mysql') {
      await t.test('caching_sha2_password: cold and warm cache, RSA, TLS, unix socket', async (t) => {
        const admin = await server.connect('admin');
        const cold = () => admin.query('FLUSH PRIVILEGES');
        const sha2 = { user: 'app_sha2', credential: clear('app') };
        for (const [name, more] of [
          ['RSA', {}],
          ['TLS', { tls: { mode: 'require' } }],
          ['unix socket', { address: { host: '', port: 0, path: socketPath } }],
        ] as [string, Partial<DialRequest>][]) {
          await cold();
          const first = await connected(port, { ...sha2, ...more });
          first.packets.destroy();
          const second = await connected(port, { ...sha2, ...more });
          t.match(await run(second, 'DO 1'), { kind: 'ok' }, `${name}: cold, then warm`);
          second.packets.destroy();
          for (const password of ['wrong', '']) {
            t.match(
              await failed(port, { ...sha2, ...more, credential: clear(password) }),
              { kind: 'server-error', err: { code: 1045 } },
              `${name}: wrong, warm`,
            );
            await cold();
            t.match(
              await failed(port, { ...sha2, ...more, credential: clear(password) }),
              { kind: 'server-error', err: { code: 1045 } },
              `${name}: wrong, cold`,
            );
          }
        }
        await admin.query("CREATE USER empty_sha2@'%' IDENTIFIED WITH caching_sha2_password BY ''");
        await admin.query("CREATE USER empty_native@'%' IDENTIFIED WITH mysql_native_password BY ''");
        await admin.query("CREATE USER long_sha2@'%' IDENTIFIED WITH caching_sha2_password BY ?", ['ü'.repeat(60)]);
        for (const user of ['empty_sha2', 'empty_native']) (await connected(port, { user, credential: clear('') })).packets.destroy();
        for (let round = 0; round < 2; round++)
          (await connected(port, { user: 'long_sha2', credential: clear('ü'.repeat(60)) })).packets.destroy();
        await admin.end();
      });
    }
  });
}

/** A server that does what a test says with each connection. */
async function scripted(t: { teardown(work: () => unknown): void }, serve: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as { port: number }).port;
}

const GREETING = frameOf(
  Buffer.concat([
    Buffer.from('\n8.0.30\0'),
    Buffer.of(9, 0, 0, 0),
    Buffer.from('12345678\0'),
    Buffer.of(0xff, 0xff, 45, 2, 0, 0xff, 0xdf, 21),
    Buffer.alloc(10),
    Buffer.from('123456789012\0mysql_native_password\0'),
  ]),
  0,
);
const OK = (sequence: number) => frameOf(Buffer.of(0, 0, 0, 2, 0, 0, 0), sequence);

t.test('dial: servers that do not behave', async (t) => {
  t.match(await attempt(await scripted(t, (socket) => after(socket, OK(2)))), { threadId: 9 });
  const cases: [string, (socket: Socket) => void, Partial<DialRequest>, { kind: string }][] = [
    ['silent', () => undefined, { timeoutMs: 150 }, { kind: 'timeout' }],
    ['silent after the greeting', (socket) => socket.write(GREETING), { timeoutMs: 150 }, { kind: 'timeout' }],
    ['closes at once', (socket) => socket.end(), {}, { kind: 'reset' }],
    ['resets', (socket) => socket.resetAndDestroy(), {}, { kind: 'reset' }],
    ['closes in the greeting', (socket) => socket.end(GREETING.subarray(0, 30)), {}, { kind: 'reset' }],
    ['a web server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'), {}, { kind: 'protocol' }],
    ['an SSH server', (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'), { timeoutMs: 5000 }, { kind: 'protocol' }],
    ['protocol 9', (socket) => socket.write(frameOf(Buffer.from('\x093.20\0'), 0)), {}, { kind: 'protocol' }],
    [
      'host blocked',
      (socket) => socket.end(frameOf(Buffer.concat([Buffer.of(0xff, 0x69, 0x04), Buffer.from('Host is blocked')]), 0)),
      {},
      { kind: 'server-error' },
    ],
    ['a wrong sequence id', (socket) => socket.write(frameOf(GREETING.subarray(4), 3)), {}, { kind: 'protocol' }],
    ['a nonsense answer', (socket) => after(socket, frameOf(Buffer.from('?what?'), 2)), {}, { kind: 'protocol' }],
    ['an empty answer', (socket) => after(socket, frameOf(Buffer.alloc(0), 2)), {}, { kind: 'protocol' }],
    ['a cut OK', (socket) => after(socket, frameOf(Buffer.of(0, 0), 2)), {}, { kind: 'protocol' }],
    [
      'asks for the password in clear',
      (socket) => after(socket, frameOf(Buffer.from('\xfemysql_clear_password\0', 'latin1'), 2)),
      {},
      { kind: 'protocol' },
    ],
    ['asks for the hash of MySQL 3', (socket) => after(socket, frameOf(Buffer.of(0xfe), 2)), {}, { kind: 'protocol' }],
    ['a key that is none', (socket) => badKey(socket), {}, { kind: 'protocol' }],
    ['switches for ever', (socket) => switchForEver(socket), {}, { kind: 'protocol' }],
    ['no TLS where TLS is a must', (socket) => socket.write(withoutTls()), { tls: { mode: 'require' } }, { kind: 'tls' }],
    [
      'bytes between greeting and TLS',
      (socket) => socket.write(Buffer.concat([GREETING, OK(2)])),
      { tls: { mode: 'require' } },
      { kind: 'protocol' },
    ],
    ['no TLS after all', (socket) => after(socket, Buffer.from('no TLS today, sorry')), { tls: { mode: 'require' } }, { kind: 'tls' }],
    [
      'closes in the TLS handshake',
      (socket) => {
        socket.write(GREETING);
        socket.once('data', () => socket.end());
      },
      { tls: { mode: 'require' } },
      { kind: 'tls' },
    ],
  ];
  for (const [name, serve, more, wanted] of cases) {
    const port = await scripted(t, serve);
    t.match(await failed(port, more), { backend: 'db1', ...wanted }, name);
  }
});

t.test('dial: prefer goes on without TLS where that fails, within its time', async (t) => {
  /** Ends the handshake of whoever wants TLS; the bit stands in the second byte of the capabilities. */
  const failsAtTls = (socket: Socket, otherwise: () => void) => {
    socket.write(GREETING);
    socket.once('data', (bytes) => (((bytes[5] as number) & 0x08) !== 0 ? socket.end() : otherwise()));
  };
  const works = await scripted(t, (socket) => failsAtTls(socket, () => socket.write(OK(2))));
  const connection = await attempt(works, { tls: { mode: 'prefer' } });
  t.match(connection, { threadId: 9, packets: { encrypted: false } });
  t.match(await failed(works, { tls: { mode: 'require' } }), { kind: 'tls' });
  const nonsense = await scripted(t, (socket) => failsAtTls(socket, () => socket.write(frameOf(Buffer.from('?what?'), 2))));
  t.match(await failed(nonsense, { tls: { mode: 'prefer' } }), { kind: 'protocol', message: /without TLS, after: backend db1 .*TLS/ });
  const silent = await scripted(t, (socket) => failsAtTls(socket, () => undefined));
  t.match(await failed(silent, { tls: { mode: 'prefer' }, timeoutMs: 300 }), { kind: 'timeout' });
});

function after(socket: Socket, answer: Buffer): void {
  socket.write(GREETING);
  socket.once('data', () => socket.write(answer));
}

function withoutTls(): Buffer {
  const greeting = Buffer.from(GREETING);
  // The third byte of "capabilities, low" is bits 8 to 15; SSL is bit 11.
  const at = greeting.indexOf('12345678') + 10;
  greeting[at] = (greeting[at] as number) & ~0x08;
  return greeting;
}

function badKey(socket: Socket): void {
  socket.write(GREETING);
  socket.once('data', () => {
    socket.write(frameOf(Buffer.from('\xfecaching_sha2_password\x0012345678901234567890\0', 'latin1'), 2));
    socket.once('data', () => {
      socket.write(frameOf(Buffer.of(1, 4), 4));
      socket.once('data', () => socket.write(frameOf(Buffer.from('\x01-----BEGIN PUBLIC KEY-----\nno'), 6)));
    });
  });
}

function switchForEver(socket: Socket): void {
  let sequence = 2;
  socket.write(GREETING);
  socket.on('data', () => {
    socket.write(frameOf(Buffer.from('\xfemysql_native_password\x0012345678901234567890\0', 'latin1'), sequence));
    sequence += 2;
  });
}

t.test('dial: nobody there, no such name, cancelled', async (t) => {
  t.match(await failed(1), { kind: 'refused' });
  t.match(await failed(0, { address: { host: '', port: 0, path: '/tmp/no-such.sock' } }), {
    kind: 'refused',
    message: /unix:\/tmp\/no-such\.sock/,
  });
  t.match(await failed(0, { address: { host: 'no-such-host.invalid', port: 3306 } }), { kind: 'dns' });
  const port = await scripted(t, (socket) => socket.write(GREETING));
  for (const delayMs of [0, 30]) {
    const outcomes: Outcome[] = [];
    const pending = dial({ ...BASE, address: { host: '127.0.0.1', port } }, (outcome) => outcomes.push(outcome));
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    pending.cancel();
    pending.cancel();
    t.equal(outcomes.length, 0, 'never inside cancel()');
    await new Promise((resolve) => setTimeout(resolve, 30));
    t.match(outcomes, [{ kind: 'cancelled' }]);
  }
});

t.test('dial: a login that a client proves, with a second factor that only it can answer', async (t) => {
  const nonce = Buffer.from('abcdefghijklmnopqrst\0');
  const steps = [
    (login: Buffer) =>
      t.ok(login.includes('pointsman_ask\0') || login.includes('mysql_native_password\0'), 'names a plugin that no server has'),
    (answer: Buffer) => t.equal(answer.length, 4 + 20, 'the first factor: an answer made of the password'),
    (answer: Buffer) => t.same(answer.subarray(4), Buffer.from('what the client said'), 'the second: as the client said it'),
  ];
  const replies = [
    Buffer.concat([Buffer.from('\xfemysql_native_password\0', 'latin1'), nonce]),
    Buffer.from('\x02authentication_webauthn_client\0challenge', 'latin1'),
    Buffer.of(0, 0, 0, 2, 0, 0, 0),
  ];
  const port = await scripted(t, (socket) => {
    let step = 0;
    socket.write(GREETING);
    socket.on('data', (bytes: Buffer) => {
      steps[step]?.(bytes);
      socket.write(frameOf(replies[step] as Buffer, (bytes[3] as number) + 1));
      step += 1;
    });
  });
  const seen: string[] = [];
  const outcome = await new Promise<Outcome>((resolve) => {
    const credential: LentLogin = {
      kind: 'lent',
      asked(plugin, data, reply) {
        seen.push(`asked ${plugin} ${data}`);
        // The client takes longer than the dial's own limit.
        setTimeout(() => reply({ kind: 'clear', password: 'app' }), 700);
      },
      more(payload, reply) {
        seen.push(`more ${payload.toString('latin1')}`);
        reply({ kind: 'raw', payload: Buffer.from('what the client said') });
      },
      lost: () => seen.push('lost'),
    };
    dial({ ...BASE, address: { host: '127.0.0.1', port }, credential, timeoutMs: 500 }, resolve);
  });
  t.match(outcome, { threadId: 9 });
  t.same(seen, ['asked mysql_native_password abcdefghijklmnopqrst', 'more \x02authentication_webauthn_client\0challenge']);
  t.match(await failed(port, {}), { kind: 'protocol', message: /second factor/ }, 'with a credential there is nobody to answer');
});
