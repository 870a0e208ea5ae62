/** What reaches the admin port and the SQL console by mistake or malice: refused with the right status, and others are served meanwhile. */
import { connect, type Socket } from 'node:net';
import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { openAdmin } from '../../src/admin/admin-server.js';
import { openConsole } from '../../src/admin/console/console-server.js';
import { until } from '../servers/replication.js';
import { context, SESSION } from '../unit/admin/fake-source.js';

const TOKEN = 'operator-secret';
const HEAD = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n`;
const KILL = `POST /api/v1/sessions/5/kill HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\n`;
const MIB = 1024 * 1024;

// Most of the time goes by in waiting for deadlines of the other side.
t.jobs = 4;
const ASIDE = { buffered: true, timeout: 60_000 };

async function open() {
  const killed: number[] = [];
  const inside = context({
    kill: async (id, { dryRun }) => {
      if (!dryRun) killed.push(id);
      return id === 5 ? SESSION : undefined;
    },
  });
  const server = await openAdmin({ address: { host: '127.0.0.1', port: 0 }, metricsAddress: undefined, token: TOKEN, tokens: [] }, inside);
  t.teardown(() => server.close());
  const port = Number(server.address.split(':')[1]);
  const healthy = async () => (await fetch(`http://${server.address}/healthz`)).status === 200;
  return { port, healthy, killed, inside };
}

/** Everything that comes until the other side closes; `then` is called with the open socket. */
function talk(port: number, bytes: string | Buffer, then: (socket: Socket) => void = () => undefined): Promise<string> {
  return new Promise((resolve) => {
    let got = '';
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () => {
      socket.write(bytes);
      then(socket);
    });
    socket.setEncoding('latin1');
    socket.on('data', (text) => (got += text));
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(got));
  });
}

/** The statuses of all answers in a stream. */
function statuses(text: string): readonly string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? '');
}

t.test('several requests in one packet are answered in their order', async (t) => {
  const { port, healthy, killed } = await open();
  const body = '{"dryRun":true}';
  const three = `GET /healthz HTTP/1.1\r\n${HEAD}\r\n${KILL}Content-Length: ${body.length}\r\n\r\n${body}GET /nowhere HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`;
  t.same(statuses(await talk(port, three)), ['200', '200', '404']);
  t.same(killed, []);
  const broken = `GET /healthz HTTP/1.1\r\n${HEAD}\r\nthis is not HTTP\r\n\r\n`;
  t.match(statuses(await talk(port, broken)).at(-1), '400', 'the second is refused, and nothing after it is read');
  const many = `${`GET /healthz HTTP/1.1\r\n${HEAD}\r\n`.repeat(500)}GET /healthz HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`;
  t.same(new Set(statuses(await talk(port, many))), new Set(['200']));
  t.ok(await healthy());
});

t.test('a refused request is not a way to slip in another', async (t) => {
  const { port, healthy, killed } = await open();
  const second = `${KILL}Content-Length: 0\r\nConnection: close\r\n\r\n`;
  const smuggled = [
    `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'Content-Length: 5\r\nContent-Length: 6\r\n\r\n',
    'Content-Length: -1\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\nzz\r\n',
  ];
  for (const head of smuggled) {
    const answer = await talk(port, `${KILL}${head}${second}`);
    t.same(new Set(statuses(answer)), new Set(['400']), head);
  }
  t.match(statuses(await talk(port, `${KILL}Content-Length: ${MIB}\r\n\r\n${second}`, (socket) => socket.end())), ['413']);
  t.same(killed, [], 'none of the second ones was done');
  t.ok(await healthy());
});

t.test('clients that close their sending side get their answer', async (t) => {
  const { port, healthy, killed } = await open();
  const end = (socket: Socket) => void socket.end();
  t.same(statuses(await talk(port, `GET /healthz HTTP/1.1\r\n${HEAD}\r\n`, end)), ['200']);
  t.same(statuses(await talk(port, `${KILL}Content-Length: 15\r\n\r\n{"dryRun":true}`, end)), ['200']);
  const half = await talk(port, `${KILL}Content-Length: 15\r\n\r\n{"dry`, end);
  t.same(statuses(half), ['400'], 'half a body is refused');
  await talk(port, `GET /heal`, end);
  await talk(port, '', end);
  t.same(killed, []);
  t.ok(await healthy());
});

t.test('floods of headers', ASIDE, async (t) => {
  const { port, healthy } = await open();
  t.same(statuses(await talk(port, `GET /healthz HTTP/1.1\r\n${HEAD}${'a: b\r\n'.repeat(20_000)}\r\n`)), ['431']);
  t.same(statuses(await talk(port, `${KILL}Content-Length: 0\r\nCookie: ${'pointsman=x; '.repeat(5_000)}\r\n\r\n`)), ['431']);
  // A header line now and then, for ever.
  let timer: NodeJS.Timeout | undefined;
  const drops = await talk(port, `GET /healthz HTTP/1.1\r\n${HEAD}`, (socket) => {
    timer = setInterval(() => socket.writable && socket.write('X: y\r\n'), 200);
  });
  clearInterval(timer);
  t.same(statuses(drops), ['408'], 'drop by drop');
  t.ok(await healthy());
});

t.test('connections that say nothing do not keep others out for good', ASIDE, async (t) => {
  const { port, healthy } = await open();
  const silent = Array.from({ length: 300 }, () => talk(port, ''));
  let left = silent.length;
  for (const each of silent) void each.then(() => (left -= 1));
  for (let n = 0; n < 5; n += 1) t.ok(await healthy(), 'a probe is answered meanwhile');
  t.ok(left > 200, `while ${left} silent ones are connected`);
  await Promise.all(silent);
  t.ok(await healthy(), 'all of them were cut');
});

t.test('a token in the address counts for nothing and is written down nowhere', async (t) => {
  const { port, inside, killed } = await open();
  const asked = [
    `GET /api/v1/status?token=${TOKEN} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    `GET /api/v1/status?access_token=${TOKEN} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    `POST /api/v1/sessions/5/kill?token=${TOKEN} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  ];
  for (const request of asked) {
    const answer = await talk(port, request);
    t.same(statuses(answer), ['401']);
    t.match(answer, /Authorization: Bearer TOKEN/, 'says how');
    t.notMatch(answer, TOKEN);
  }
  t.same(
    statuses(await talk(port, `GET http://x:${TOKEN}@localhost/api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)),
    ['400'],
  );
  t.same(killed, []);
  t.ok(inside.lines.length > 0, 'the refused action is audited');
  t.notMatch(JSON.stringify([inside.lines, inside.errors, inside.audit.entries]), TOKEN);
});

t.test('JSON that is none of what is expected', async (t) => {
  const { port, healthy, killed } = await open();
  const bodies: readonly (string | Buffer)[] = [
    ...['[]', 'null', 'true', '7', '"x"', '{"dryRun":"true"}', '{"dryRun":null}', '{"dryRun":{}}', '{"queryOnly":[]}'],
    ...['{"dryRun":true}x', '\ufeff{"dryRun":true}', '{"constructor":1}', '[', '{"a":'.repeat(5_000), `${'['.repeat(30_000)}`],
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  ];
  // Fewer at a time than the rate of actions allows.
  for (const body of bodies) {
    const bytes = Buffer.from(body as string);
    const answer = await talk(
      port,
      Buffer.concat([Buffer.from(`${KILL}Connection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]),
    );
    t.match(answer, /^HTTP\/1\.1 400 [\s\S]*PM_ADMIN_BAD_BODY/, bytes.toString('latin1', 0, 20));
  }
  t.same(killed, []);
  t.ok(await healthy());
});

t.test('a client of the console that does not read is not answered into memory', ASIDE, async (t) => {
  let asked = 0;
  const many = Array.from({ length: 5_000 }, (_, id) => ({ ...SESSION, id }));
  const inside = context({
    sessions: async () => {
      asked += 1;
      return many;
    },
  });
  const users = [{ name: 'admin', password: 'of-the-console' }];
  const server = await openConsole({ address: { host: '127.0.0.1', port: 0 }, users, tls: { mode: 'off' } }, inside);
  t.teardown(() => server.close());
  const port = Number(server.address.split(':').at(-1));
  const client = await createConnection({ host: '127.0.0.1', port, user: 'admin', password: 'of-the-console' });
  t.teardown(() => client.destroy());
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.removeAllListeners('data');
  stream.pause();
  const text = Buffer.from('\x03SHOW SESSIONS');
  const frame = Buffer.concat([Buffer.of(text.length, 0, 0, 0), text]);
  stream.write(Buffer.concat(Array.from({ length: 90 }, () => frame)));
  await until('what fits is on its way', async () => {
    const before = asked;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return before > 0 && before === asked;
  });
  t.ok(asked < 45, `${asked} answers of hundreds of KiB each are made`);
  const other = await createConnection({ host: '127.0.0.1', port, user: 'admin', password: 'of-the-console' });
  t.match((await other.query('SHOW BACKENDS'))[0], [{ backend: 'db1' }, { backend: 'db2' }], 'others are served');
  other.destroy();
  stream.on('data', () => undefined);
  stream.resume();
  await until('all are answered once it reads', () => asked === 90);
  t.pass('all are answered once it reads');
});

t.test('the console', ASIDE, async (t) => {
  const users = [{ name: 'admin', password: 'of-the-console' }];
  const server = await openConsole({ address: { host: '127.0.0.1', port: 0 }, users, tls: { mode: 'off' } }, context());
  t.teardown(() => server.close());
  const port = Number(server.address.split(':').at(-1));
  const client = () => createConnection({ host: '127.0.0.1', port, user: 'admin', password: 'of-the-console' });
  const standing = await client();
  t.teardown(() => standing.destroy());

  await t.test('what is no MySQL, half a login, or silent is closed', async (t) => {
    const strangers = [
      talk(port, `GET / HTTP/1.1\r\n${HEAD}\r\n`),
      talk(port, Buffer.alloc(10 * MIB, 0x41)),
      talk(port, Buffer.of(0x20, 0, 0, 1, 0x8d, 0xa6), (socket) => void socket.end()),
      talk(port, '', (socket) => void socket.end()),
      talk(port, Buffer.of(0x20, 0, 0, 1, 0x8d)),
      talk(port, ''),
    ];
    t.match((await standing.query('SHOW BACKENDS'))[0], [{ backend: 'db1' }, { backend: 'db2' }], 'others are served meanwhile');
    t.equal((await Promise.all(strangers)).length, 6, 'each was closed');
  });

  await t.test('a statement of 10 MB ends its connection and no other', async (t) => {
    const large = await client();
    large.on('error', () => undefined);
    await t.rejects(large.query(`SHOW ${'x'.repeat(10 * MIB)}`));
    large.destroy();
    t.match((await standing.query('SHOW BACKENDS'))[0], [{ backend: 'db1' }, { backend: 'db2' }]);
  });

  await t.test('many statements at once are answered in their order', async (t) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => standing.query('SHOW BACKENDS')));
    t.equal(answers.length, 50);
    t.ok(answers.every(([rows]) => (rows as unknown[]).length === 2));
  });
});
