import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { LoginHarness, MARIADB_10, MYSQL_8 } from './login-harness.js';
import { CAPS, frameOf, native } from './raw-client.js';

/** What came back after the greeting until the server closed, and whether it did within `limitMs`. */
async function exchange(
  port: number,
  send: (greeting: Buffer) => Buffer | readonly Buffer[],
  limitMs = 10_000,
): Promise<{ answer: Buffer; closed: boolean }> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const parts: Buffer[] = [];
  let greeted = false;
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    if (greeted) {
      parts.push(bytes);
      return;
    }
    greeted = true;
    const pieces = send(bytes.subarray(4));
    for (const piece of Array.isArray(pieces) ? pieces : [pieces]) socket.write(piece as Buffer);
  });
  const timer = setTimeout(() => socket.destroy(), limitMs);
  let ended = false;
  socket.on('end', () => {
    ended = true;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  clearTimeout(timer);
  return { answer: Buffer.concat(parts), closed: ended };
}

function nonceOf(greeting: Buffer): Buffer {
  const end = greeting.indexOf(0, 1);
  return Buffer.concat([greeting.subarray(end + 5, end + 13), greeting.subarray(end + 32, end + 44)]);
}

/** A handshake response by hand. */
function response(capabilities: number, ...rest: readonly (Buffer | string)[]): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(capabilities >>> 0, 0);
  head.writeUInt32LE(0x100_0000, 4);
  head[8] = 45;
  return Buffer.concat([head, ...rest.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))]);
}

/** The ERR in an answer: `1043 #08S01Bad handshake`. */
function errorIn(answer: Buffer): string {
  for (let at = 0; at + 7 <= answer.length; at += 4 + answer.readUIntLE(at, 3)) {
    if (answer[at + 4] === 0xff)
      return `${answer.readUInt16LE(at + 5)} ${answer.toString('utf8', at + 7, at + 4 + answer.readUIntLE(at, 3))}`;
  }
  return `no ERR in ${answer.toString('hex')}`;
}

const BAD_HANDSHAKE = /^1043 #08S01Bad handshake$/;
const OUT_OF_ORDER = /^1156 (#08S01)?Got packets out of order$/;
const OLD_CLIENT = /^1251 (#08004)?Client does not support authentication protocol requested by server/;
const DENIED = /^1045 #28000Access denied for user '.*'@'127\.0\.0\.1' \(using password: (YES|NO)\)$/;

const CASES: [name: string, bytes: (greeting: Buffer) => Buffer | Buffer[], answer: RegExp][] = [
  ['a web browser', () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), OUT_OF_ORDER],
  ['a word and a line end', () => Buffer.from('hello\r\n'), OUT_OF_ORDER],
  ['an empty packet', () => frameOf(Buffer.alloc(0), 1), BAD_HANDSHAKE],
  ['three bytes', () => frameOf(Buffer.of(1, 2, 3), 1), /^(1043|1251) /],
  ['COM_QUIT', () => frameOf(Buffer.of(1), 1), BAD_HANDSHAKE],
  ['a wrong sequence id', () => frameOf(response(CAPS.plain, 'app\0', Buffer.of(0), 'mysql_native_password\0'), 7), OUT_OF_ORDER],
  ['a client older than 4.1', () => frameOf(Buffer.concat([Buffer.of(0x05, 0x24, 0, 0, 0), Buffer.from('root\0abc\0')]), 1), OLD_CLIENT],
  ['no SECURE_CONNECTION', () => frameOf(response(0x200, 'app\0', Buffer.alloc(9)), 1), OLD_CLIENT],
  ['cut in the fixed part', () => frameOf(response(CAPS.plain).subarray(0, 20), 1), BAD_HANDSHAKE],
  ['cut in the user name', () => frameOf(response(CAPS.plain, 'app'), 1), BAD_HANDSHAKE],
  ['an answer longer than the packet', () => frameOf(response(CAPS.plain, 'app\0', Buffer.of(200), 'x'), 1), BAD_HANDSHAKE],
  [
    'attributes longer than the packet',
    () => frameOf(response(CAPS.plain | 0x10_0000, 'app\0\0mysql_native_password\0', Buffer.of(0xfc, 0xff, 0xff)), 1),
    BAD_HANDSHAKE,
  ],
  ['a login of 10 MB', () => Buffer.concat([Buffer.of(0, 0, 160, 1), Buffer.alloc(1000, 65)]), BAD_HANDSHAKE],
  ['SSLRequest where no TLS is offered', () => frameOf(response(CAPS.plain | 0x800), 1), BAD_HANDSHAKE],
  [
    'a plugin that nobody knows, and a wrong answer to the switch',
    () => [frameOf(response(CAPS.plain, 'app\0\0authentication_oci\0'), 1), frameOf(Buffer.alloc(32, 1), 3)],
    /Access denied/,
  ],
  [
    'an unknown user',
    () => frameOf(response(CAPS.plain, 'nobody\0', Buffer.of(32), Buffer.alloc(32, 3), 'caching_sha2_password\0'), 1),
    DENIED,
  ],
  [
    'an answer one byte short',
    () => frameOf(response(CAPS.plain, 'app\0', Buffer.of(31), Buffer.alloc(31, 3), 'caching_sha2_password\0'), 1),
    DENIED,
  ],
  [
    'an answer one byte long',
    () => frameOf(response(CAPS.plain, 'app\0', Buffer.of(1), Buffer.alloc(1, 3), 'caching_sha2_password\0'), 1),
    DENIED,
  ],
  [
    'a user name of 60 kB',
    () => frameOf(response(CAPS.plain, `${'u'.repeat(60_000)}\0`, Buffer.of(0), 'caching_sha2_password\0'), 1),
    /Access denied for user 'u{48}'@/,
  ],
];

t.test('logins that are none are answered and closed', async (t) => {
  const harness = await LoginHarness.start();
  t.teardown(() => harness.stop());
  for (const [name, bytes, wanted] of CASES) {
    const { answer, closed } = await exchange(harness.port, bytes);
    t.match(errorIn(answer), wanted, name);
    t.ok(closed, `${name}: closed`);
  }
  t.equal(harness.outcomes.length, CASES.length);
  t.notOk(harness.outcomes.some((outcome) => outcome.kind === 'logged-in'));
});

t.test('cut at every byte: closed by the client, never accepted', async (t) => {
  const harness = await LoginHarness.start({ version: MARIADB_10 });
  t.teardown(() => harness.stop());
  const whole = (greeting: Buffer) =>
    frameOf(response(CAPS.plain, 'app\0', Buffer.of(20), native('secret', nonceOf(greeting)), 'mysql_native_password\0'), 1);
  const size = whole(Buffer.alloc(100)).length;
  for (let cut = 0; cut < size; cut++) {
    const socket = connect({ host: '127.0.0.1', port: harness.port });
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    socket.end(whole(greeting.subarray(4)).subarray(0, cut));
    socket.resume();
    await once(socket, 'close');
  }
  const kinds = new Set(harness.outcomes.map((outcome) => outcome.kind));
  t.same([...kinds], ['gone']);
  t.equal(harness.outcomes.length, size);
});

t.test('a byte at a time is a good login', async (t) => {
  const harness = await LoginHarness.start({ version: MARIADB_10 });
  t.teardown(() => harness.stop());
  const socket = connect({ host: '127.0.0.1', port: harness.port, noDelay: true });
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  const bytes = frameOf(
    response(CAPS.plain, 'app\0', Buffer.of(20), native('secret', nonceOf(greeting.subarray(4))), 'mysql_native_password\0'),
    1,
  );
  for (const byte of bytes) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [ok] = (await once(socket, 'data')) as [Buffer];
  t.same([...ok.subarray(0, 5)], [7, 0, 0, 2, 0]);
  socket.destroy();
});

t.test('silence', async (t) => {
  const harness = await LoginHarness.start({ handshakeTimeoutMs: 200, tls: 'prefer' });
  t.teardown(() => harness.stop());
  const silent = await exchange(harness.port, () => Buffer.alloc(0));
  t.match(errorIn(silent.answer), /^1159 Got timeout reading communication packets/);
  t.ok(silent.closed);
  const slow = await exchange(harness.port, () => frameOf(Buffer.alloc(100), 1).subarray(0, 50));
  t.ok(slow.closed, 'half a packet');
  await exchange(harness.port, () => frameOf(response(CAPS.plain | 0x800), 1));
  await exchange(harness.port, () => [frameOf(response(CAPS.plain | 0x800), 1), Buffer.of(0x16, 3, 1)]);
  t.same(
    harness.outcomes.map((outcome) => outcome.kind),
    ['timeout', 'timeout', 'timeout', 'timeout'],
  );
});

t.test('plain bytes after SSLRequest', async (t) => {
  const harness = await LoginHarness.start({ tls: 'prefer', version: MARIADB_10 });
  t.teardown(() => harness.stop());
  const login = (greeting: Buffer) =>
    frameOf(response(CAPS.plain, 'app\0', Buffer.of(20), native('secret', nonceOf(greeting)), 'mysql_native_password\0'), 2);
  const { closed } = await exchange(harness.port, (greeting) => Buffer.concat([frameOf(response(CAPS.plain | 0x800), 1), login(greeting)]));
  t.ok(closed || harness.outcomes.length > 0);
  await until(() => harness.outcomes.length === 1);
  t.equal(harness.outcomes[0]?.kind, 'tls');
  const behind = await exchange(harness.port, () => frameOf(Buffer.concat([response(CAPS.plain | 0x800), Buffer.from('app\0')]), 1));
  t.match(errorIn(behind.answer), BAD_HANDSHAKE, 'a whole response in clear that says it is encrypted');
});

t.test('clients that come and go', async (t) => {
  const harness = await LoginHarness.start();
  t.teardown(() => harness.stop());
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const socket = connect({ host: '127.0.0.1', port: harness.port });
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        if (index % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }),
    );
  }
  await until(() => harness.accepted > 1900 && harness.outcomes.length === harness.accepted);
  t.equal(harness.outcomes.length, harness.accepted, `each of ${harness.accepted} that came had an end`);
  t.notOk(harness.outcomes.some((outcome) => outcome.kind !== 'gone'));
});

t.test('fuzz: whatever comes, an end comes too, and it is never a welcome', async (t) => {
  const harness = await LoginHarness.start({ handshakeTimeoutMs: 300, tls: 'prefer', version: MYSQL_8 });
  t.teardown(() => harness.stop());
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .record({ capabilities: fc.nat(0xffff_ffff), rest: fc.uint8Array({ maxLength: 200 }) })
      .map(({ capabilities, rest }) => response(capabilities, Buffer.from(rest))),
    fc
      .record({
        user: fc.constantFrom('app', 'nopass', 'hashed', 'nobody', ''),
        answer: fc.uint8Array({ minLength: 1, maxLength: 40 }),
        plugin: fc.constantFrom('caching_sha2_password', 'mysql_native_password', 'x', ''),
      })
      .map(({ user, answer, plugin }) => response(CAPS.plain, `${user}\0`, Buffer.of(answer.length), Buffer.from(answer), `${plugin}\0`)),
    fc.constantFrom(Buffer.of(2), Buffer.of(4), Buffer.alloc(256, 7)),
  );
  const packet = fc.record({ payload, sequence: fc.constantFrom(0, 1, 1, 1, 2, 3, 3, 5, 5, 7) });
  let runs = 0;
  const property = fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 4 }), fc.boolean(), async (packets, together) => {
    const frames = packets.map(({ payload, sequence }) => frameOf(Buffer.from(payload), sequence));
    const before = harness.outcomes.length;
    const { closed } = await exchange(harness.port, () => (together ? Buffer.concat(frames) : frames), 5_000);
    await until(() => harness.outcomes.length > before);
    runs += 1;
    return (
      (closed || harness.outcomes.at(-1)?.kind === 'tls') &&
      harness.outcomes.length === before + 1 &&
      harness.outcomes.at(-1)?.kind !== 'logged-in'
    );
  });
  await fc.assert(property, { numRuns: 400, seed: Number(process.env['POINTSMAN_SEED'] ?? 1) });
  t.equal(runs >= 400, true, `${runs} logins`);
});

t.test('unknown and known users are answered alike', async (t) => {
  const harness = await LoginHarness.start({ version: MYSQL_8 });
  t.teardown(() => harness.stop());
  for (const plugin of ['caching_sha2_password', 'mysql_native_password', 'dialog']) {
    for (const answer of [Buffer.alloc(0), Buffer.alloc(20, 1), Buffer.alloc(32, 1)]) {
      const shapes: string[] = [];
      for (const user of ['app', 'noo']) {
        const bytes = [
          frameOf(response(CAPS.plain, `${user}\0`, Buffer.of(answer.length), answer, `${plugin}\0`), 1),
          frameOf(Buffer.alloc(20, 9), 3),
        ];
        const got = await exchange(harness.port, () => bytes);
        // The nonce of a switch is random; lengths and kinds must be equal.
        shapes.push(
          got.answer
            .toString('latin1')
            .replaceAll(user, 'USER')
            .replace(/(password\0).{20}(?=\0)/s, '$1NONCE'),
        );
      }
      t.equal(shapes[0], shapes[1], `${plugin}, ${answer.length} bytes`);
    }
  }
});

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('waited 20 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
