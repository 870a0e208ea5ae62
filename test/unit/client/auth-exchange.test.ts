import { createHash, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import type { Account } from '../../../src/client/account.js';
import { AuthExchange, type AuthStep } from '../../../src/client/auth-exchange.js';
import { RsaKey } from '../../../src/client/rsa-key.js';

const SHA2 = 'caching_sha2_password';
const NATIVE = 'mysql_native_password';
const NONCE = Buffer.from('abcdefghijklmnopqrst');
const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const KEY = new RsaKey(PEM);

// The arithmetic of a client, written again here so that ours is not on both ends.
const hash = (kind: string, ...parts: readonly (Buffer | string)[]) =>
  parts.reduce((sum, part) => sum.update(part), createHash(kind)).digest();
const xor = (left: Buffer, right: Buffer) => Buffer.from(left.map((byte, index) => byte ^ (right[index % right.length] as number)));
const native = (password: string, nonce: Buffer) => xor(hash('sha1', password), hash('sha1', nonce, hash('sha1', hash('sha1', password))));
const sha2 = (password: string, nonce: Buffer) =>
  xor(hash('sha256', password), hash('sha256', hash('sha256', hash('sha256', password)), nonce));
const encrypted = (password: string, nonce: Buffer, pem: string) =>
  publicEncrypt({ key: pem, oaepHash: 'sha1' }, xor(Buffer.from(`${password}\0`), nonce));

const account = (...secrets: Account['secrets']): Account => ({ user: 'u', secrets, learnable: false });
const CLEAR = account({ kind: 'clear', password: 'secret' });
// `openssl passwd -5` of 'secret'.
const HASHED = account({ kind: 'sha2-hash', stored: '$5$abcdefghijklmnop$i7zHaTeYqXlesRXJ8dXj6o.MEFQdzfIJpJpcWAtszs6' });
const ACCEPT = { act: 'accept', payload: undefined, credential: { kind: 'clear', password: 'secret' } };

interface Setting {
  account?: Account;
  secure?: boolean;
  canSwitch?: boolean;
  firstAnswerCounts?: boolean;
  keepsNonce?: boolean;
  clearTextAllowed?: boolean;
}

function exchange(setting: Setting = {}) {
  const usual = { account: CLEAR, secure: false, canSwitch: true, firstAnswerCounts: true, keepsNonce: false, clearTextAllowed: false };
  return new AuthExchange({ defaultPlugin: SHA2, rsaKey: KEY, ...usual, ...setting }, NONCE);
}

/** Plugin and nonce of an AuthSwitchRequest. */
function switched(step: AuthStep): { plugin: string; nonce: Buffer } {
  if (step.act !== 'send' || step.payload[0] !== 0xfe) throw new Error(`no switch: ${JSON.stringify(step)}`);
  const end = step.payload.indexOf(0);
  return { plugin: step.payload.toString('latin1', 1, end), nonce: step.payload.subarray(end + 1, end + 21) };
}

t.test('a right answer is accepted with either plugin, a wrong one denied', async (t) => {
  t.same(exchange().start(NATIVE, native('secret', NONCE)), ACCEPT);
  t.same(exchange().start(SHA2, sha2('secret', NONCE)), { ...ACCEPT, payload: Buffer.of(1, 3) });
  t.same(exchange().start(NATIVE, native('secre', NONCE)), { act: 'deny' });
  t.same(exchange().start(SHA2, sha2('secre', NONCE)), { act: 'deny' });
  t.same(exchange().start(SHA2, native('secret', NONCE)), { act: 'deny' });
  t.same(exchange().start(NATIVE, Buffer.alloc(0)), { act: 'deny' });
  t.same(exchange().start(NATIVE, native('secret', Buffer.from('tsrqponmlkjihgfedcba'))), { act: 'deny' }, 'of another login');
});

t.test('an account without a password wants no answer', async (t) => {
  const account: Account = { user: 'n', secrets: [{ kind: 'clear', password: '' }], learnable: false };
  for (const [plugin, answer] of [
    [NATIVE, Buffer.alloc(0)],
    [SHA2, Buffer.alloc(0)],
    [SHA2, Buffer.of(0)],
  ] as const) {
    const one = exchange({ account });
    t.same(one.start(plugin, answer), { ...ACCEPT, credential: { kind: 'clear', password: '' } });
    t.equal(one.usedPassword, false);
  }
  const other = exchange({ account });
  t.same(other.start(NATIVE, native('x', NONCE)), { act: 'deny' });
  t.equal(other.usedPassword, true);
});

t.test('a plugin nobody speaks: switched once, to the default', async (t) => {
  const one = exchange();
  const { plugin, nonce } = switched(one.start('dialog', Buffer.from('whatever')));
  t.equal(plugin, SHA2);
  t.notOk(nonce.equals(NONCE));
  t.notOk(nonce.includes(0));
  t.same(one.next(sha2('secret', nonce)), { ...ACCEPT, payload: Buffer.of(1, 3) });
  t.ok(one.nonce.equals(nonce), 'COM_CHANGE_USER answers the nonce of the switch');
  t.same(exchange({ canSwitch: false }).start('dialog', Buffer.alloc(0)), { act: 'deny' });
});

t.test('a first answer that may be a dummy: accepted if right, else switched to the same plugin', async (t) => {
  t.same(exchange({ firstAnswerCounts: false }).start(NATIVE, native('secret', NONCE)), ACCEPT);
  for (const dummy of [Buffer.alloc(0), Buffer.alloc(20, 1)]) {
    const one = exchange({ firstAnswerCounts: false });
    const { plugin, nonce } = switched(one.start(NATIVE, dummy));
    t.equal(plugin, NATIVE);
    t.same(one.next(native('secret', nonce)), ACCEPT);
    const two = exchange({ firstAnswerCounts: false });
    switched(two.start(NATIVE, dummy));
    t.same(two.next(native('secret', NONCE)), { act: 'deny' }, 'the old nonce is not good any more');
  }
});

t.test('full authentication: in clear where it is secure, by RSA elsewhere', async (t) => {
  const secure = exchange({ account: HASHED, secure: true });
  t.same(secure.start(SHA2, sha2('anything', NONCE)), { act: 'send', payload: Buffer.of(1, 4) });
  t.same(secure.next(Buffer.from('secret\0')), ACCEPT);
  const plain = exchange({ account: HASHED });
  plain.start(SHA2, sha2('secret', NONCE));
  t.same(plain.next(Buffer.of(2)), { act: 'wait-for-key' });
  const key = plain.keyReady();
  if (key.act !== 'send') throw new Error('no key');
  t.equal(key.payload[0], 1);
  const pem = key.payload.toString('latin1', 1);
  t.match(pem, /^-----BEGIN PUBLIC KEY-----\n/);
  t.same(plain.next(encrypted('secret', NONCE, pem)), ACCEPT);
  const withKey = exchange({ account: HASHED });
  withKey.start(SHA2, sha2('secret', NONCE));
  t.same(withKey.next(encrypted('secret', NONCE, pem)), ACCEPT, 'a client that has the key already');
  const wrong = exchange({ account: HASHED });
  wrong.start(SHA2, sha2('wrong', NONCE));
  t.same(wrong.next(encrypted('wrong', NONCE, pem)), { act: 'deny' });
  const broken = exchange({ account: HASHED });
  broken.start(SHA2, sha2('secret', NONCE));
  t.throws(() => broken.next(Buffer.from('secret\0')), { name: 'ProtocolError' }, 'in clear without TLS');
});

t.test('a client that answers natively where only full authentication helps is switched to it', async (t) => {
  const one = exchange({ account: HASHED, secure: true });
  const { plugin, nonce } = switched(one.start(NATIVE, native('secret', NONCE)));
  t.equal(plugin, SHA2);
  t.same(one.next(sha2('secret', nonce)), { act: 'send', payload: Buffer.of(1, 4) });
  t.same(one.next(Buffer.from('secret\0')), ACCEPT);
});

t.test('a fast answer that does not fit: asked for the password where it is secure, as servers do', async (t) => {
  const one = exchange({ secure: true });
  t.same(one.start(SHA2, sha2('wrong', NONCE)), { act: 'send', payload: Buffer.of(1, 4) });
  t.same(one.next(Buffer.from('wrong\0')), { act: 'deny' });
  const two = exchange({ secure: true });
  two.start(SHA2, Buffer.alloc(32));
  t.same(two.next(Buffer.from('secret\0')), ACCEPT);
});

t.test('nothing but the secret is accepted, whatever is sent in whatever order', async (t) => {
  const learnable = { ...CLEAR, learnable: true };
  const accounts: Account[] = [
    CLEAR,
    account({ kind: 'clear', password: 'x' }),
    HASHED,
    learnable,
    account(),
    { ...account(), learnable: true },
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...accounts),
      fc.record({ secure: fc.boolean(), canSwitch: fc.boolean(), firstAnswerCounts: fc.boolean() }),
      fc.constantFrom(NATIVE, SHA2, 'x', ''),
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(Buffer.of(2), Buffer.of(0), Buffer.alloc(256))), {
        minLength: 1,
        maxLength: 6,
      }),
      (account, setting, plugin, packets) => {
        const one = exchange({ account, ...setting });
        let step = one.start(plugin, Buffer.from(packets[0] as Uint8Array));
        for (const packet of packets.slice(1)) {
          try {
            if (step.act === 'wait-for-key') step = one.keyReady();
            if (step.act === 'learn') step = one.learned([]);
            if (step.act === 'learn') step = one.learned([]);
            if (step.act === 'inquire') step = one.asked(SHA2, NONCE);
            if (step.act !== 'send') break;
            step = one.next(Buffer.from(packet));
          } catch (error) {
            return error instanceof Error && error.name === 'ProtocolError';
          }
        }
        return step.act !== 'accept';
      },
    ),
    { numRuns: 3000 },
  );
  t.pass();
});

t.test('the RSA key is made once, however many wait for it', async (t) => {
  const key = new RsaKey();
  t.equal(key.privateKey, undefined);
  await Promise.all([1, 2, 3].map(() => new Promise<void>((resolve) => key.whenReady(resolve))));
  const pem = key.publicPem;
  t.match(pem, /BEGIN PUBLIC KEY/);
  await new Promise<void>((resolve) => key.whenReady(resolve));
  t.equal(key.publicPem, pem);
  t.throws(() => new RsaKey('no key'));
});

const stage1 = hash('sha1', 'secret');
const NATIVE_HASH = { kind: 'native-hash', stage2: hash('sha1', stage1) } as const;
const UNKNOWN: Account = { user: 'u', secrets: [], learnable: true };

t.test('a stored hash of the native plugin: its answer gives what opens servers, any other plugin is switched to it', async (t) => {
  const credential = { kind: 'native-stage1', stage1 };
  const one = exchange({ account: account(NATIVE_HASH) });
  t.same(one.start(NATIVE, native('secret', NONCE)), { ...ACCEPT, credential });
  const two = exchange({ account: account(NATIVE_HASH) });
  const { plugin, nonce } = switched(two.start(SHA2, sha2('secret', NONCE)));
  t.equal(plugin, NATIVE);
  t.same(two.next(native('secret', nonce)), { ...ACCEPT, credential });
  const three = exchange({ account: account(NATIVE_HASH) });
  t.same(three.start(NATIVE, native('wrong', NONCE)), { act: 'deny' });
});

t.test('two valid passwords', async (t) => {
  const both = account({ kind: 'clear', password: 'new' }, { kind: 'clear', password: 'secret' });
  t.same(exchange({ account: both }).start(NATIVE, native('secret', NONCE)), ACCEPT);
  t.match(exchange({ account: both }).start(SHA2, sha2('new', NONCE)), { act: 'accept', credential: { password: 'new' } });
  t.same(exchange({ account: both }).start(NATIVE, native('old', NONCE)), { act: 'deny' });
});

t.test('what is not known is learnt in order: the group, the servers, a login at a server', async (t) => {
  const one = exchange({ account: UNKNOWN });
  t.same(one.start(NATIVE, native('secret', NONCE)), { act: 'learn', from: 'group' });
  t.same(one.learned([]), { act: 'learn', from: 'servers' });
  t.same(one.learned([NATIVE_HASH]), { ...ACCEPT, credential: { kind: 'native-stage1', stage1 } });
  const two = exchange({ account: UNKNOWN });
  two.start(NATIVE, native('secret', NONCE));
  t.same(two.learned([{ kind: 'clear', password: 'secret' }]), ACCEPT, 'remembered');
  const three = exchange({ account: UNKNOWN });
  three.start(NATIVE, native('new', NONCE));
  t.same(three.learned([{ kind: 'clear', password: 'secret' }]), { act: 'learn', from: 'servers' }, 'it was changed since');
  t.same(three.learned([]), { act: 'inquire' });
});

const inquiring = (setting: Setting, plugin: string, answer: Buffer) => {
  const one = exchange({ account: UNKNOWN, ...setting });
  one.start(plugin, answer);
  one.learned([]);
  t.same(one.learned([]), { act: 'inquire' });
  return one;
};

t.test('a server that asks for a sha2 plugin is told the password, which the client shows in clear or by RSA', async (t) => {
  for (const asked of [SHA2, 'sha256_password']) {
    const one = inquiring({ secure: true }, SHA2, sha2('secret', NONCE));
    t.same(one.asked(asked, Buffer.alloc(20, 7)), { act: 'send', payload: Buffer.of(1, 4) });
    t.same(one.next(Buffer.from('secret\0')), { act: 'tell', answer: { kind: 'clear', password: 'secret' } });
    const two = inquiring({ secure: true }, NATIVE, native('secret', NONCE));
    const { plugin, nonce } = switched(two.asked(asked, Buffer.alloc(20, 7)));
    t.equal(plugin, asked);
    t.notOk(nonce.equals(Buffer.alloc(20, 7)), 'with a nonce of ours');
  }
  const dummy = inquiring({ secure: true, firstAnswerCounts: false }, SHA2, Buffer.alloc(32));
  t.equal(switched(dummy.asked(SHA2, NONCE)).plugin, SHA2, 'an answer that may be a dummy says nothing');
  t.same(dummy.next(Buffer.alloc(32, 1)), { act: 'send', payload: Buffer.of(1, 4) });
  const empty = inquiring({}, SHA2, Buffer.alloc(0));
  t.same(empty.asked(SHA2, NONCE), { act: 'tell', answer: { kind: 'clear', password: '' } });
});

t.test('a second factor is passed on, whatever the first was', async (t) => {
  const one = inquiring({ secure: true }, SHA2, sha2('secret', NONCE));
  one.asked(SHA2, Buffer.alloc(20, 7));
  t.match(one.next(Buffer.from('secret\0')), { act: 'tell', answer: { kind: 'clear' } });
  const factor = Buffer.from('\x02webauthn\0challenge');
  t.same(one.more(factor), { act: 'send', payload: factor });
  t.same(one.next(Buffer.from('signed')), { act: 'tell', answer: { kind: 'raw', payload: Buffer.from('signed') } });
});

t.test('a server that asks for anything else judges the answer itself', async (t) => {
  for (const [asked, data] of [
    [NATIVE, Buffer.alloc(20, 7)],
    ['client_ed25519', Buffer.alloc(32, 7)],
    ['dialog', Buffer.from('\x02Password: ')],
  ] as const) {
    const one = inquiring({}, NATIVE, native('secret', NONCE));
    const step = one.asked(asked, data);
    if (step.act !== 'send') throw new Error(step.act);
    t.ok(step.payload.includes(data), `${asked}: with the server's own data`);
    t.same(one.next(Buffer.from('answer')), { act: 'tell', answer: { kind: 'raw', payload: Buffer.from('answer') } });
    t.same(one.more(Buffer.of(1, 9)), { act: 'send', payload: Buffer.of(1, 9) });
    t.same(one.next(Buffer.from('more')), { act: 'tell', answer: { kind: 'raw', payload: Buffer.from('more') } });
  }
  t.same(inquiring({ canSwitch: false }, NATIVE, native('secret', NONCE)).asked(NATIVE, NONCE), { act: 'deny' });
});

t.test('a password in clear is taken where nobody listens in, and nowhere else', async (t) => {
  t.same(exchange({ secure: true }).start('mysql_clear_password', Buffer.from('secret\0')), ACCEPT);
  t.equal(switched(exchange().start('mysql_clear_password', Buffer.from('secret\0'))).plugin, SHA2);
  t.same(inquiring({}, NATIVE, native('secret', NONCE)).asked('mysql_clear_password', Buffer.alloc(0)), { act: 'deny' });
  const one = inquiring({ secure: true }, NATIVE, native('secret', NONCE));
  const step = one.asked('mysql_clear_password', Buffer.alloc(0));
  t.same(step, { act: 'send', payload: Buffer.from('\xfemysql_clear_password\0', 'latin1') });
  t.same(one.next(Buffer.from('secret\0')), { act: 'tell', answer: { kind: 'clear', password: 'secret' } });
});

t.test('an empty first answer may be a dummy, of sha256_password too', async (t) => {
  const auth = exchange({ firstAnswerCounts: false });
  const { plugin, nonce } = switched(auth.start('sha256_password', Buffer.alloc(0)));
  t.equal(plugin, 'sha256_password');
  t.same(auth.next(Buffer.of(1)), { act: 'wait-for-key' });
  auth.keyReady();
  t.same(auth.next(encrypted('secret', nonce, KEY.publicPem)), ACCEPT);
});

t.test('a password in clear where others may listen in is taken where that is allowed', async (t) => {
  t.same(exchange({ clearTextAllowed: true }).start('mysql_clear_password', Buffer.from('secret\0')), ACCEPT);
  const one = inquiring({ clearTextAllowed: true }, NATIVE, native('secret', NONCE));
  t.match(one.asked('mysql_clear_password', Buffer.alloc(0)), { act: 'send' });
  t.same(one.next(Buffer.from('secret\0')), { act: 'tell', answer: { kind: 'clear', password: 'secret' } });
});

t.test('a password in clear where others may listen in is not looked at', async (t) => {
  const auth = exchange();
  const { plugin, nonce } = switched(auth.start('mysql_clear_password', Buffer.from('secret\0')));
  t.equal(plugin, SHA2);
  t.same(auth.next(sha2('secret', nonce)), { ...ACCEPT, payload: Buffer.of(1, 3) });
  t.same(exchange({ secure: true }).start('mysql_clear_password', Buffer.from('secret\0')), ACCEPT);
});

t.test('sha256_password on a unix socket: the key is asked for there too', async (t) => {
  const auth = exchange({ secure: true });
  t.same(auth.start('sha256_password', Buffer.of(1)), { act: 'wait-for-key' });
  auth.keyReady();
  t.same(auth.next(encrypted('secret', NONCE, KEY.publicPem)), ACCEPT);
});

t.test('switched for a stored hash, and then by a server for its own plugin; not twice for the same', async (t) => {
  const learnable: Account = { user: 'u', secrets: [], learnable: true };
  for (const [asked, act] of [
    ['client_ed25519', 'send'],
    [NATIVE, 'deny'],
  ] as const) {
    const auth = exchange({ account: learnable });
    t.same(auth.start(SHA2, sha2('secret', NONCE)), { act: 'learn', from: 'group' });
    t.same(auth.learned([]), { act: 'learn', from: 'servers' });
    const { nonce } = switched(auth.learned([{ kind: 'native-hash', stage2: hash('sha1', hash('sha1', 'other')) }]));
    t.same(auth.next(native('secret', nonce)), { act: 'inquire' });
    const step = auth.asked(asked, Buffer.alloc(32, 7));
    t.equal(step.act, act);
    if (step.act === 'send') t.match(switched(step), { plugin: asked, nonce: Buffer.alloc(20, 7) });
  }
});

t.test('in COM_CHANGE_USER a switch repeats the nonce, as servers do', async (t) => {
  const one = exchange({ firstAnswerCounts: false, keepsNonce: true });
  const { plugin, nonce } = switched(one.start(NATIVE, Buffer.alloc(20, 1)));
  t.equal(plugin, NATIVE);
  t.ok(nonce.equals(NONCE));
  t.same(one.next(native('secret', NONCE)), ACCEPT);
});
