import { createHash, timingSafeEqual } from 'node:crypto';
import { nonceBytes, xor } from './nonce.js';

/**
 * mysql_native_password. The server keeps SHA1(SHA1(password)), the client answers with
 * SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))), so an answer plus the stored hash gives away SHA1(password).
 */
export const NATIVE_PASSWORD = 'mysql_native_password';

/** What the client sends; empty for the empty password. */
export function scrambleNative(password: string, nonce: Buffer): Buffer {
  return password === '' ? Buffer.alloc(0) : scrambleNativeStage1(nativeStage1(password), nonce);
}

/** SHA1(password): all that a login at a server needs. */
export function nativeStage1(password: string): Buffer {
  return sha1(Buffer.from(password, 'utf8'));
}

/** The same from SHA1(password), for logins whose clear password we never see. */
export function scrambleNativeStage1(stage1: Buffer, nonce: Buffer): Buffer {
  return xor(stage1, sha1(nonceBytes(nonce), sha1(stage1)));
}

/** True when `answer` proves that the client knows `password`. */
export function verifyNative(answer: Buffer, nonce: Buffer, password: string): boolean {
  const expected = scrambleNative(password, nonce);
  return answer.length === expected.length && timingSafeEqual(answer, expected);
}

/** SHA1(SHA1(password)), as in `authentication_string` behind its `*`. */
export function nativeStage2(password: string): Buffer {
  return sha1(nativeStage1(password));
}

/** The 20 bytes of `*HEX`, as `authentication_string` and `SELECT PASSWORD('...')` show them; undefined for any other text. */
export function parseNativeHash(stored: string): Buffer | undefined {
  return /^\*[0-9a-f]{40}$/i.test(stored) ? Buffer.from(stored.slice(1), 'hex') : undefined;
}

/** SHA1(SHA1(password)) from SHA1(password). */
export function nativeStage2Of(stage1: Buffer): Buffer {
  return sha1(stage1);
}

/** True when `answer` fits the stored hash (20 bytes). An account without a password has an empty hash and wants an empty answer. */
export function verifyNativeHash(answer: Buffer, nonce: Buffer, stage2: Buffer): boolean {
  if (stage2.length === 0) return answer.length === 0;
  return recoverNativeStage1(answer, nonce, stage2) !== undefined;
}

/** SHA1(password) out of a right answer and the stored hash: it opens any server with the same hash. Undefined for a wrong answer. */
export function recoverNativeStage1(answer: Buffer, nonce: Buffer, stage2: Buffer): Buffer | undefined {
  if (answer.length !== 20 || stage2.length !== 20) return undefined;
  const stage1 = xor(answer, sha1(nonceBytes(nonce), stage2));
  return timingSafeEqual(sha1(stage1), stage2) ? stage1 : undefined;
}

function sha1(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
