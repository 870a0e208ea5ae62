import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AuthClient, type AuthLogin } from '../proxy/auth-client.js';
import { openClients } from '../proxy/metrics.js';
import { rsaAnswer } from '../proxy/plugin-answers.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, frameOf, HEADER, WireClient } from '../proxy/wire-client.js';
import { serverUnavailable, startStandalone, until } from '../servers/servers.js';

/** Logins by people who mean ill, through the whole proxy, with a real server behind it. */
const PASSWORD = 'a-password-of-28-characters!';
const NATIVE = 'mysql_native_password';
const SHA2 = 'caching_sha2_password';
const SHA256 = 'sha256_password';
const USERS = { [NATIVE]: 'b_native', [SHA2]: 'b_sha2', [SHA256]: 'b_sha256' };

let cases = 0;
/** Nobody comes from the same address twice, so that the limit of failures does not answer for what is tested. */
function elsewhere(): string {
  cases += 1;
  return `127.1.${(cases >> 7) & 0xff}.${(cases & 0x7f) + 1}`;
}

type Wish = Omit<AuthLogin, 'port' | 'password'> & { password?: string };

async function attempt(port: number, wish: Wish): Promise<string> {
  const { client, how } = await AuthClient.login({ port, password: PASSWORD, localAddress: elsewhere(), limitMs: 10_000, ...wish });
  client.wire.close();
  return how;
}

async function all<T>(list: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...list];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: 24 }, worker));
}

const REFUSED = /^(1043|1045|1047|1156|1158|1159|1835|2012|3159|the server closed the connection)/;

/** The same for a client that sends other packets than it thinks. */
const NOT_IN = new RegExp(`${REFUSED.source}|^gives up at`);

/** Packets of every exchange, sent shorter by every number of bytes. Only what stands behind the proof may be missing. */
async function truncated(t: Test, port: number): Promise<void> {
  const wishes: Wish[] = [];
  for (const plugin of [NATIVE, SHA2, SHA256, 'mysql_clear_password', undefined]) {
    for (const user of Object.values(USERS)) for (const tls of [false, true]) wishes.push({ user, plugin, tls });
  }
  const cuts: { wish: Wish; packet: number; left: number; least: number }[] = [];
  await all(wishes, async (wish) => {
    const lengths: number[] = [];
    const answers: number[] = [];
    const note = (payload: Buffer, packet: number) => {
      lengths[packet] = payload.length;
      // Head, name, one byte of length, answer.
      const name = 32 + wish.user.length + 1;
      answers[packet] = packet === 0 ? name + 1 + (payload[name] ?? 0) : payload.length;
      return payload;
    };
    await attempt(port, { ...wish, alter: note });
    for (const [packet, length] of lengths.entries()) {
      // Of long RSA blocks every eighth.
      for (let left = 0; left < length; left += length > 200 && left < 240 ? 8 : 1)
        cuts.push({ wish, packet, left, least: answers[packet] ?? 0 });
    }
  });
  const counts = new Map<string, number>();
  await all(cuts, async ({ wish, packet, left, least }) => {
    let last = -1;
    const cut = (payload: Buffer, index: number) => {
      last = index;
      return index === packet ? payload.subarray(0, left) : payload;
    };
    const how = await attempt(port, { ...wish, alter: cut });
    // What earlier logins proved can make an exchange shorter.
    if (last < packet) return;
    counts.set(how, (counts.get(how) ?? 0) + 1);
    // A clear password may lack its NUL; the name of the plugin may lack bytes, or be missing, where the answer fits nevertheless.
    // After a fast answer that does not fit the password itself is asked for, and was sent whole.
    const sound = left >= least - 1 || last > packet;
    if (!(REFUSED.test(how) || (sound && how === 'in') || how.startsWith('gives up') || how === '1251')) {
      t.fail(`${wish.user}, ${wish.plugin}, packet ${packet} cut to ${left} bytes: ${how}`);
    }
  });
  t.ok(cuts.length > 1000, `${cuts.length} cut packets: ${JSON.stringify([...counts])}`);
}

async function garbage(t: Test, port: number): Promise<void> {
  const other = randomBytes(20);
  const blocks: Buffer[] = [0, 1, 2, 16, 255, 256, 257, 512, 16_000].map((length) => randomBytes(length));
  blocks.push(Buffer.alloc(256), Buffer.alloc(256, 0xff), Buffer.of(2), Buffer.of(1), Buffer.of(0));
  for (const [plugin, user, packet] of [
    [SHA2, 'b_full', 2],
    [SHA256, USERS[SHA256], 1],
  ] as const) {
    await all(blocks, async (block) => {
      const how = await attempt(port, { user, plugin, alter: (payload, index) => (index === packet ? block : payload) });
      t.match(how, REFUSED, `${plugin}, ${block.length} bytes in place of the password under RSA`);
    });
  }
  // Under the right key, but for another nonce; and as many bytes as go, without a NUL.
  const { client } = await AuthClient.login({ port, user: USERS[SHA256], password: PASSWORD, plugin: SHA256, localAddress: elsewhere() });
  const pem = client.publicKey;
  client.wire.close();
  t.match(pem, /^-----BEGIN PUBLIC KEY/);
  for (const [name, block] of [
    ['another nonce', rsaAnswer(PASSWORD, other, pem)],
    ['all zero', rsaAnswer('\0'.repeat(100), other, pem)],
  ] as const) {
    t.match(await attempt(port, { user: USERS[SHA256], plugin: SHA256, alter: (p, index) => (index === 1 ? block : p) }), REFUSED, name);
  }
}

/** What was right once is wrong for every later login. */
async function replayed(t: Test, port: number): Promise<void> {
  for (const [plugin, user] of Object.entries(USERS)) {
    const recorded: Buffer[] = [];
    const record = (payload: Buffer) => {
      recorded.push(Buffer.from(payload));
      return payload;
    };
    t.equal(await attempt(port, { user, plugin, alter: record }), 'in', `${plugin}: the right one`);
    t.match(
      await attempt(port, { user, plugin, alter: (_payload, index) => recorded[index] ?? Buffer.alloc(0) }),
      REFUSED,
      `${plugin}: again`,
    );
    t.match(await attempt(port, { user, plugin, dummy: plugin !== SHA2, alter: (_p, i) => recorded[i] ?? Buffer.of(0) }), NOT_IN, plugin);
  }
}

async function oversized(t: Test, port: number): Promise<void> {
  const CONNECT_ATTRS = 0x10_0000;
  const response = (attributes: Buffer, claimed: number) => (payload: Buffer, packet: number) => {
    if (packet > 0) return payload;
    const head = Buffer.from(payload);
    head.writeUInt32LE((head.readUInt32LE(0) | CONNECT_ATTRS) >>> 0, 0);
    const length = Buffer.alloc(9);
    length[0] = 0xfe;
    length.writeBigUInt64LE(BigInt(claimed), 1);
    return Buffer.concat([head, length, attributes]);
  };
  const pair = (key: string, value: string) => {
    const text = (one: string) => Buffer.concat([Buffer.from([0xfc, one.length & 0xff, one.length >> 8]), Buffer.from(one)]);
    return Buffer.concat([text(key), text(value)]);
  };
  const many = Buffer.concat(Array.from({ length: 3000 }, (_, index) => pair(`key${index}`, 'value')));
  const rows: [string, Buffer, number, RegExp][] = [
    ['60 KB in one', pair('big', 'x'.repeat(60_000)), 60_010, /^(in|1043)$/],
    ['3,000 of them', many, many.length, /^(in|1043)$/],
    ['130 KB', Buffer.concat([pair('a', 'x'.repeat(65_000)), pair('b', 'x'.repeat(65_000))]), 130_016, REFUSED],
    ['a length of 2^63', pair('a', 'b'), 2 ** 63, REFUSED],
    ['a length that goes beyond', pair('a', 'b'), 5000, REFUSED],
    ['a pair that goes beyond', Buffer.from([3, 0x61, 0x61, 0x61, 200, 0x62]), 6, REFUSED],
    ['a name that is NULL', Buffer.from([0xfb, 0xfb]), 2, REFUSED],
  ];
  for (const [name, attributes, claimed, wanted] of rows) {
    t.match(await attempt(port, { user: USERS[NATIVE], plugin: NATIVE, alter: response(attributes, claimed) }), wanted, name);
  }
  for (const [name, size] of [
    ['1 MB user name', 1 << 20],
    ['16 MiB packet', 0xff_ffff],
  ] as const) {
    const big = (payload: Buffer, packet: number) =>
      packet > 0 ? payload : Buffer.concat([payload.subarray(0, 32), Buffer.alloc(size - 32, 0x61)]);
    t.match(await attempt(port, { user: USERS[NATIVE], plugin: NATIVE, alter: big }), REFUSED, name);
  }
}

/** Packets that nobody asked for, before, within and behind the exchange, and TLS where it has no place. */
async function outOfPlace(t: Test, port: number): Promise<void> {
  for (const [plugin, user] of Object.entries(USERS)) {
    const often = (payload: Buffer) => Array.from({ length: 50 }, () => payload);
    t.match(await attempt(port, { user, plugin, password: 'wrong', alter: often }), REFUSED, `${plugin}: every packet 50 times`);
    const sslRequest = Buffer.concat([Buffer.from([0x05, 0xae, 0x0f, 0, 0, 0, 0, 1, 45]), Buffer.alloc(23)]);
    const behind = (payload: Buffer, packet: number) => (packet === 0 ? [payload, sslRequest] : payload);
    const asked = await attempt(port, { user, plugin, alter: behind });
    t.ok(REFUSED.test(asked) || (asked === 'in' && plugin !== SHA256), `${plugin}: TLS asked for behind the response: ${asked}`);
    const hello = Buffer.concat([Buffer.from('160301007a010000760303', 'hex'), randomBytes(111)]);
    const wire = await WireClient.dial(port, '127.0.0.1', elsewhere());
    await wire.greeted();
    wire.send(Buffer.concat([frameOf(wire.loginPayload({ port, user, password: 'wrong', database: '' }), 1), hello]));
    const last = (await wire.toTheEnd(10_000)).at(-1);
    t.match(
      String(errorOf(last)?.code ?? 'the server closed the connection'),
      REFUSED,
      `${plugin}: a TLS handshake behind a plain response`,
    );
    wire.close();
  }
  const { client, how } = await AuthClient.login({ port, user: USERS[NATIVE], password: PASSWORD, plugin: NATIVE, tls: true });
  t.equal(how, 'in');
  client.wire.send(frameOf(Buffer.concat([Buffer.from([0x05, 0xae, 0x0f, 0, 0, 0, 0, 1, 45]), Buffer.alloc(23)]), 1));
  const ended = await client.wire.nextFrame(10_000).catch(() => undefined);
  t.ok(ended === undefined || ended[HEADER] === 0xff, 'TLS within TLS');
  client.wire.close();
}

/** The same words and about the same time, whether there is such an account or not. */
async function enumeration(t: Test, port: number): Promise<void> {
  const words = new Map<string, Set<string>>();
  const times = new Map<string, number[]>();
  const users = [...Object.values(USERS), 'b_listed', 'b_nobody', 'b_absent'];
  for (const tls of [false, true]) {
    for (const plugin of [NATIVE, SHA2]) {
      await all(Array.from({ length: 8 }, () => users).flat(), async (user) => {
        const startMs = performance.now();
        const { client, how } = await AuthClient.login({ port, user, password: 'guessed', plugin, tls, localAddress: elsewhere() });
        client.wire.close();
        const tookMs = performance.now() - startMs;
        times.set(user, [...(times.get(user) ?? []), tookMs]);
        words.set(
          user,
          (words.get(user) ?? new Set()).add(`${how} ${client.lastWords.replaceAll(user, 'USER').replaceAll(/127\.1\.\d+\.\d+/g, 'HOST')}`),
        );
      });
    }
  }
  const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0;
  const medians = users.map((user) => median(times.get(user) ?? []));
  for (const user of users) t.same([...(words.get(user) ?? [])], ["1045 Access denied for user 'USER'@'HOST' (using password: YES)"], user);
  t.ok(
    Math.max(...medians) < 2.5 * Math.min(...medians),
    `medians in ms: ${users.map((user, index) => `${user} ${medians[index]?.toFixed(0)}`).join(', ')}`,
  );
}

/** A thousand wrong passwords in a second or so; somebody else works on meanwhile. */
async function guessers(t: Test, proxy: RunningPointsman): Promise<void> {
  const port = proxy.ports.primary;
  const bystander = await proxy.connect();
  let over = false;
  const slowest: number[] = [];
  const work = (async () => {
    while (!over) {
      const startMs = performance.now();
      await bystander.query('SELECT 1');
      slowest.push(performance.now() - startMs);
      await sleep(5);
    }
  })();
  const before = proxy.sample();
  const startMs = performance.now();
  const codes = new Map<string, number>();
  let next = 0;
  const guess = async () => {
    while (next < 5000) {
      next += 1;
      const wire = await WireClient.dial(port, '127.0.0.1', `127.2.0.${(next % 5) + 1}`);
      await wire.greeted();
      wire.send(frameOf(wire.loginPayload({ port, user: USERS[NATIVE], password: `wrong${next}`, database: '' }), 1));
      let frame = await wire.frame();
      if (frame[HEADER] === 0xfe) {
        wire.answerSwitch(frame, 'wrong');
        frame = await wire.frame();
      }
      const code = String(errorOf(frame)?.code);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      wire.close();
    }
  };
  await Promise.all(Array.from({ length: 60 }, guess));
  const perSecond = 5000 / ((performance.now() - startMs) / 1000);
  over = true;
  await work;
  await bystander.end();
  slowest.sort((a, b) => a - b);
  t.comment(`${perSecond.toFixed(0)} wrong passwords a second; the bystander's median ${slowest[slowest.length >> 1]?.toFixed(1)} ms`);
  t.equal(next, 5000);
  t.same([...codes.keys()].sort(), ['1045', '9506'], JSON.stringify([...codes]));
  // From each of five addresses 20 at once, two a second, and those that were under way side by side.
  const most = 5 * (20 + 24 + (3 * 5000) / perSecond);
  t.ok((codes.get('1045') ?? 0) <= most, `few were looked at: ${JSON.stringify([...codes])}, at most ${most.toFixed(0)}`);
  t.ok(slowest.length > 20 && (slowest[slowest.length >> 1] ?? 0) < 1000, 'the bystander went on');
  t.ok(proxy.sample().rssKib - before.rssKib < 200_000, 'bounded memory');
  t.equal(await attempt(port, { user: USERS[NATIVE], plugin: NATIVE }), 'in', 'the owner of the account, from elsewhere');
}

const reason = await serverUnavailable('mysql');
t.test('logins by people who mean ill', { skip: reason ?? false }, async (t) => {
  const { server, stop } = await startStandalone({ flavor: 'mysql', tls: true });
  t.teardown(stop);
  for (const [plugin, user] of Object.entries(USERS))
    await server.sql(`CREATE USER ${user}@'%' IDENTIFIED WITH ${plugin} BY '${PASSWORD}'`);
  await server.sql(`CREATE USER b_listed@'%' IDENTIFIED WITH mysql_native_password BY '${PASSWORD}'`);
  await server.sql("GRANT SELECT ON mysql.* TO pointsman@'%'");
  // Checked with a hash, so that the password itself is asked for every time.
  await server.sql(`CREATE USER b_full@'%' IDENTIFIED WITH caching_sha2_password BY '${PASSWORD}'`);
  const [full] = await server.sql("SELECT HEX(authentication_string) FROM mysql.user WHERE user = 'b_full'");
  const passwordHash = Buffer.from(String(Object.values(full ?? {})[0]), 'hex')
    .toString('latin1')
    .replaceAll('${', () => '$${');
  const proxy = await startPointsman({
    servers: [server],
    listenerTls: 'prefer',
    config: {
      auth: { mode: 'auto' },
      users: [
        { name: 'b_listed', password: PASSWORD },
        { name: 'b_full', passwordHash },
      ],
      limits: { handshakeTimeout: '5s' },
    },
  });
  t.teardown(() => proxy.stop());
  const port = proxy.ports.primary;
  const before = proxy.sample();
  await t.test('packets cut at every byte', (t) => truncated(t, port));
  await t.test('RSA garbage', (t) => garbage(t, port));
  await t.test('replayed answers', (t) => replayed(t, port));
  await t.test('oversized', (t) => oversized(t, port));
  await t.test('out of place', (t) => outOfPlace(t, port));
  await t.test('which accounts there are is not told', (t) => enumeration(t, port));
  await t.test('guessing', (t) => guessers(t, proxy));
  await until('all are gone', async () => (await openClients(proxy)) === 0);
  const after = proxy.sample();
  t.ok(after.rssKib - before.rssKib < 250_000, `${before.rssKib} KiB before, ${after.rssKib} after`);
  t.ok(after.fileDescriptors - before.fileDescriptors < 20, `${before.fileDescriptors} descriptors before, ${after.fileDescriptors} after`);
  t.notMatch(proxy.log(), /a bug of ours|"level":"?(60|fatal)/i);
  for (const [plugin, user] of Object.entries(USERS)) t.equal(await attempt(port, { user, plugin }), 'in', `${user} still comes in`);
});
