import { createHash, timingSafeEqual } from 'node:crypto';
import { nonceBytes, xor } from './nonce.js';

/**
 * caching_sha2_password. Fast path: the client answers with SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce) and the
 * server compares with its cache. Full path, when the cache is cold: the password itself, over TLS (clear-password.ts) or encrypted with the
 * server's RSA key (rsa-password.ts).
 */
export const CACHING_SHA2_PASSWORD = 'caching_sha2_password';

/** State bytes of the exchange: the server's come in AuthMoreData, the client's request is a packet of that one byte. */
export const CachingSha2 = { REQUEST_PUBLIC_KEY: 0x02, FAST_AUTH_SUCCESS: 0x03, PERFORM_FULL_AUTHENTICATION: 0x04 } as const;

/** What the client sends on the fast path; empty for the empty password. */
export function scrambleSha2(password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const stage1 = sha256(Buffer.from(password, 'utf8'));
  return xor(stage1, sha256(sha256(stage1), nonceBytes(nonce)));
}

/** True when `answer` proves that the client knows `password`. */
export function verifySha2(answer: Buffer, nonce: Buffer, password: string): boolean {
  const expected = scrambleSha2(password, nonce);
  return answer.length === expected.length && timingSafeEqual(answer, expected);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
