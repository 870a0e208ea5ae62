import { randomBytes } from 'node:crypto';
import t from 'tap';
import { clearPassword, readClearPassword } from '../../../src/protocol/auth/clear-password.js';
import { ed25519PublicKey, parseEd25519Key, signEd25519, verifyEd25519 } from '../../../src/protocol/auth/ed25519.js';
import {
  nativeStage1,
  nativeStage2,
  parseNativeHash,
  scrambleNative,
  scrambleNativeStage1,
} from '../../../src/protocol/auth/native-password.js';
import { createNonce } from '../../../src/protocol/auth/nonce.js';
import { isStoredSha2, verifyStoredSha2 } from '../../../src/protocol/auth/stored-sha2.js';
import {
  CACHING_SHA2_HASHES,
  CRYPT_HASHES,
  ED25519_ANSWERS,
  ED25519_KEYS,
  HORSE,
  LONG,
  NATIVE_HASHES,
  SHA256_HASHES,
  UNICODE,
} from './auth-known-values.js';

const text = (hex: string) => Buffer.from(hex, 'hex').toString('latin1');

t.test('mysql_native_password as servers keep it', async (t) => {
  for (const [password, stored] of NATIVE_HASHES) t.same(parseNativeHash(stored), nativeStage2(password), password);
  t.same(parseNativeHash('*0e8f21e4240f5ad5a07d088f9c93890d13d78a4e'), nativeStage2(HORSE), 'in lower case');
  for (const none of [
    '',
    '*',
    '0E8F21E4240F5AD5A07D088F9C93890D13D78A4E',
    '*0E8F',
    `*${'G'.repeat(40)}`,
    'invalid',
    `*${'0'.repeat(41)}`,
  ]) {
    t.equal(parseNativeHash(none), undefined, none);
  }
  const nonce = createNonce();
  t.same(scrambleNativeStage1(nativeStage1(UNICODE), nonce), scrambleNative(UNICODE, nonce));
});

t.test('the hashes of the sha2 plugins', async (t) => {
  for (const [password, hex] of [...CACHING_SHA2_HASHES, ...SHA256_HASHES]) {
    const stored = text(hex);
    t.ok(isStoredSha2(stored));
    t.ok(verifyStoredSha2(password, stored), `${password.slice(0, 20)} ${stored.slice(0, 4)}`);
    t.notOk(verifyStoredSha2(`${password}x`, stored), 'longer');
    t.notOk(verifyStoredSha2(password.slice(1), stored), 'shorter');
  }
  for (const [password, stored] of CRYPT_HASHES) {
    t.ok(verifyStoredSha2(password, stored), stored);
    t.notOk(verifyStoredSha2(`${password} `, stored), stored);
  }
  const [, hex = ''] = CACHING_SHA2_HASHES[0] ?? [];
  const stored = text(hex);
  const none = [
    '',
    '$A$005$',
    `${stored}x`,
    stored.slice(0, -1),
    stored.replace('$A$', '$B$'),
    stored.replace('$005$', '$000$'),
    '*94BD',
    'THISISNOTAVALIDPASSWORDTHATCANBEUSEDHERE',
  ];
  for (const other of none) {
    t.notOk(isStoredSha2(other), JSON.stringify(other));
    t.notOk(verifyStoredSha2(HORSE, other));
  }
  t.notOk(verifyStoredSha2(HORSE, stored.replace('$005$', '$006$')), 'other rounds');
  t.notOk(verifyStoredSha2('p'.repeat(100_000), stored), 'a very long password is no work');
});

t.test('client_ed25519', async (t) => {
  for (const [password, stored] of ED25519_KEYS) {
    t.same(parseEd25519Key(stored), ed25519PublicKey(password), `the key MariaDB keeps of ${password.slice(0, 20)}`);
    const nonce = randomBytes(32);
    const key = ed25519PublicKey(password);
    const answer = signEd25519(password, nonce);
    t.ok(verifyEd25519(answer, nonce, key));
    t.notOk(verifyEd25519(answer, randomBytes(32), key), 'another nonce');
    t.notOk(verifyEd25519(answer, nonce, ed25519PublicKey('another')), 'another key');
    t.notOk(verifyEd25519(answer.subarray(1), nonce, key), 'cut');
    const bent = Buffer.from(answer);
    bent[63] = (bent[63] as number) ^ 0x01;
    t.notOk(verifyEd25519(bent, nonce, key), 'one bit');
  }
  for (const [password, nonceHex, answerHex] of ED25519_ANSWERS) {
    const nonce = Buffer.from(nonceHex, 'hex');
    t.equal(signEd25519(password, nonce).toString('hex'), answerHex, `as libmariadb answers with ${password.slice(0, 20)}`);
    t.ok(verifyEd25519(Buffer.from(answerHex, 'hex'), nonce, ed25519PublicKey(password)));
  }
  for (const none of ['', 'K4CNw5azOemzehbUx6q4QhxlmF4w2lH3tAE3hgYdA/o=', 'K4CNw5azOemzehbUx6q4QhxlmF4w2lH3tAE3hgYdA_o', 'invalid']) {
    t.equal(parseEd25519Key(none), undefined, none);
  }
  t.notOk(verifyEd25519(Buffer.alloc(64), Buffer.alloc(32), Buffer.alloc(31)), 'no key');
  // y = 2 is the y of no point; nobody's key, and no error.
  t.notOk(verifyEd25519(Buffer.alloc(64), Buffer.alloc(32), Buffer.concat([Buffer.of(2), Buffer.alloc(31)])));
});

t.test('random passwords and nonces sign as Node verifies', async (t) => {
  for (let round = 0; round < 25; round += 1) {
    const password = randomBytes(round * 3).toString('latin1');
    const nonce = randomBytes(32);
    t.ok(verifyEd25519(signEd25519(password, nonce), nonce, ed25519PublicKey(password)));
  }
});

t.test('mysql_clear_password', async (t) => {
  for (const password of ['', HORSE, UNICODE, LONG]) t.equal(readClearPassword(clearPassword(password)), password);
  t.equal(readClearPassword(Buffer.from('one\0two\0')), 'one');
  t.throws(() => readClearPassword(Buffer.from('no end')), { name: 'ProtocolError', code: 'PM_PROTOCOL_TRUNCATED' });
});
