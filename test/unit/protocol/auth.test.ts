import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { scrambleSha2, verifySha2 } from '../../../src/protocol/auth/caching-sha2.js';
import { clearPassword, readClearPassword } from '../../../src/protocol/auth/clear-password.js';
import {
  nativeStage2,
  recoverNativeStage1,
  scrambleNative,
  scrambleNativeStage1,
  verifyNative,
  verifyNativeHash,
} from '../../../src/protocol/auth/native-password.js';
import { createNonce, NONCE_SIZE } from '../../../src/protocol/auth/nonce.js';
import { decryptPassword, encryptPassword, xorPassword } from '../../../src/protocol/auth/rsa-password.js';
import { decodeAuthMoreData } from '../../../src/protocol/auth-more-data.js';
import { decodeAuthSwitchRequest } from '../../../src/protocol/auth-switch-request.js';
import { decodeGreeting } from '../../../src/protocol/greeting.js';
import { decodeHandshakeResponse } from '../../../src/protocol/handshake-response.js';
import { loadCaptures } from '../../golden/capture.js';
import { replay, type Step } from './replay.js';

/** The password of every account that the recorder uses (test/golden/set-up.ts). */
const PASSWORD = 'golden-secret';

interface Proof {
  readonly capture: string;
  readonly plugin: string;
  readonly nonce: Buffer;
  readonly answer: Buffer;
  readonly accepted: boolean;
}

/** What drivers answered to real nonces, and whether the server was content. */
function proofs(): Proof[] {
  const found: Proof[] = [];
  for (const capture of loadCaptures()) {
    const login = replay(capture).filter(({ command }) => command === -1);
    const proof = lastProof(login);
    const accepted = login.at(-1)?.kind === 'ok';
    if (proof !== undefined && proof.answer.length > 0) found.push({ capture: capture.name, ...proof, accepted });
  }
  return found;
}

function lastProof(login: readonly Step[]): Omit<Proof, 'capture' | 'accepted'> | undefined {
  const [first, second] = login;
  if (first === undefined || second?.kind !== 'handshake-response') return undefined;
  const response = decodeHandshakeResponse(second.payload);
  let proof = { plugin: response.authPlugin ?? '', nonce: decodeGreeting(first.payload).authData, answer: response.authResponse };
  for (const [index, { kind, payload }] of login.entries()) {
    if (kind !== 'auth' || payload[0] !== 0xfe) continue;
    const { plugin, data } = decodeAuthSwitchRequest(payload);
    proof = { plugin, nonce: data, answer: login[index + 1]?.payload ?? Buffer.alloc(0) };
  }
  return proof;
}

t.test('answers of drivers to real servers', async (t) => {
  const all = proofs();
  t.ok(all.some(({ plugin, accepted }) => plugin === 'mysql_native_password' && accepted));
  t.ok(all.some(({ plugin, accepted }) => plugin === 'caching_sha2_password' && accepted));
  t.ok(all.some(({ accepted }) => !accepted));
  for (const { capture, plugin, nonce, answer, accepted } of all) {
    const verify = plugin === 'mysql_native_password' ? verifyNative : verifySha2;
    // A login to an unknown database is refused with the right password.
    const right = accepted || capture.endsWith('unknown-database');
    t.equal(verify(answer, nonce, PASSWORD), right, capture);
    t.equal(verify(answer, nonce, 'another'), false);
  }
});

t.test('mysql_native_password', async (t) => {
  // As `SELECT PASSWORD('password')` shows it on MariaDB.
  t.equal(nativeStage2('password').toString('hex'), '2470c0c06dee42fd1618bb99005adca2ec9d1e19');
  const nonce = createNonce();
  const answer = scrambleNative('password', nonce);
  const stage2 = nativeStage2('password');
  t.equal(answer.length, 20);
  t.ok(verifyNative(answer, nonce, 'password'));
  t.ok(verifyNativeHash(answer, nonce, stage2));
  t.notOk(verifyNativeHash(answer, createNonce(), stage2), 'another nonce');
  t.notOk(verifyNativeHash(answer.subarray(1), nonce, stage2), 'too short');
  t.notOk(verifyNativeHash(Buffer.alloc(0), nonce, stage2), 'no password where one is wanted');

  const stage1 = recoverNativeStage1(answer, nonce, stage2);
  t.ok(stage1 !== undefined && verifyNative(scrambleNativeStage1(stage1, nonce), nonce, 'password'), 'stage 1 opens other servers');

  t.equal(scrambleNative('', nonce).length, 0);
  t.ok(verifyNative(Buffer.alloc(0), nonce, ''));
  t.ok(verifyNativeHash(Buffer.alloc(0), nonce, Buffer.alloc(0)));
  t.notOk(verifyNativeHash(answer, nonce, Buffer.alloc(0)), 'a password where none is wanted');
  t.ok(scrambleNative('password', Buffer.concat([nonce, Buffer.alloc(1)])).equals(answer), 'the NUL behind the nonce does not count');
});

t.test('caching_sha2_password', async (t) => {
  const nonce = createNonce();
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  for (const password of ['', 'x', 'pässwörd €', 'p'.repeat(150)]) {
    t.ok(verifySha2(scrambleSha2(password, nonce), nonce, password));
    t.equal(decryptPassword(encryptPassword(password, nonce, pem), nonce, privateKey), password);
    t.equal(readClearPassword(clearPassword(password)), password);
  }
  t.equal(scrambleSha2('', nonce).length, 0);
  t.notOk(verifySha2(scrambleSha2('right', nonce), nonce, 'wrong'));
  t.equal(xorPassword('ab', Buffer.alloc(20, 1)).toString('hex'), '606301');

  const rows: readonly [name: string, work: () => unknown, code: string, message: string][] = [
    [
      'not made with this key',
      () => decryptPassword(Buffer.alloc(256, 7), nonce, privateKey),
      'PM_PROTOCOL_MALFORMED',
      'rsa-password: the encrypted password cannot be read',
    ],
    [
      'a password longer than the key can take',
      () => encryptPassword('p'.repeat(300), nonce, pem),
      'PM_PROTOCOL_MALFORMED',
      'rsa-password: the RSA public key cannot be used: ',
    ],
    [
      'a nonce that is too short',
      () => xorPassword('x', nonce.subarray(1)),
      'PM_PROTOCOL_MALFORMED',
      'rsa-password: the nonce has 19 bytes, not 20',
    ],
    [
      'a clear password without its NUL',
      () => readClearPassword(Buffer.from('x')),
      'PM_PROTOCOL_TRUNCATED',
      'clear-password: no NUL ends the password',
    ],
  ];
  for (const [name, work, code, message] of rows) {
    try {
      work();
      t.fail(name);
    } catch (error) {
      t.match(error, { name: 'ProtocolError', code }, name);
      t.ok((error as Error).message.startsWith(message), (error as Error).message);
    }
  }
});

t.test("a real server's public key", async (t) => {
  const capture = loadCaptures().find(({ name }) => name === 'mysql-mysql2-sha2-full');
  const keys = (capture === undefined ? [] : replay(capture))
    .filter(({ kind, payload }) => kind === 'auth' && payload[0] === 0x01 && payload.length > 2)
    .map(({ payload }) => decodeAuthMoreData(payload).data.toString('latin1'));
  t.equal(keys.length, 1);
  t.match(keys[0], /^-----BEGIN PUBLIC KEY-----/);
  t.equal(encryptPassword(PASSWORD, createNonce(), keys[0] ?? '').length, 256);
});

t.test('nonces', async (t) => {
  for (let round = 0; round < 200; round += 1) {
    const nonce = createNonce();
    t.equal(nonce.length, NONCE_SIZE);
    if (nonce.includes(0) || nonce.includes('$') || nonce.some((byte) => byte > 0x7f)) t.fail(nonce.toString('hex'));
  }
});
