import { createHash, createPublicKey, verify } from 'node:crypto';
import { BASE, pointBytes, SCALARS, times } from './edwards-curve.js';

/**
 * client_ed25519, MariaDB's plugin: an Ed25519 signature of the server's nonce, where SHA-512 of the password takes the place of SHA-512 of a
 * seed. The server keeps the public key. Node signs with seeds of 32 bytes only, hence our own arithmetic; it verifies as for any other key.
 * https://mariadb.com/kb/en/connection/#client_ed25519-plugin, RFC 8032 section 5.1
 */
export const CLIENT_ED25519 = 'client_ed25519';

/** Bytes of the nonce, all of them data: no NUL follows. */
export const ED25519_NONCE_SIZE = 32;

/** Bytes of what the client answers. */
export const ED25519_ANSWER_SIZE = 64;

/** DER in front of a raw key: SubjectPublicKeyInfo with the algorithm 1.3.101.112 (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** What the server keeps of `password`, 32 bytes. Some milliseconds of work. */
export function ed25519PublicKey(password: string): Buffer {
  return pointBytes(times(BASE, secretOf(password).scalar));
}

/**
 * What the client answers to the nonce, 64 bytes. About ten milliseconds of work, and not in constant time: who can measure this process so
 * closely is on this machine.
 */
export function signEd25519(password: string, nonce: Buffer): Buffer {
  const { scalar, prefix } = secretOf(password);
  const publicKey = pointBytes(times(BASE, scalar));
  const once = fromLittleEndian(sha512(prefix, nonce)) % SCALARS;
  const commitment = pointBytes(times(BASE, once));
  const challenge = fromLittleEndian(sha512(commitment, publicKey, nonce)) % SCALARS;
  return Buffer.concat([commitment, toLittleEndian((once + challenge * scalar) % SCALARS)]);
}

/** True when `answer` proves that the client knows the password `publicKey` (32 bytes) was made of. */
export function verifyEd25519(answer: Buffer, nonce: Buffer, publicKey: Buffer): boolean {
  if (answer.length !== ED25519_ANSWER_SIZE || publicKey.length !== 32) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  return verify(null, nonce, key, answer);
}

/** The key out of MariaDB's `authentication_string`: 43 characters of base64; undefined for any other text. */
export function parseEd25519Key(stored: string): Buffer | undefined {
  return /^[0-9A-Za-z+/]{43}$/.test(stored) ? Buffer.from(stored, 'base64') : undefined;
}

function secretOf(password: string): { readonly scalar: bigint; readonly prefix: Buffer } {
  const hash = sha512(Buffer.from(password, 'utf8'));
  const low = hash.subarray(0, 32);
  low[0] = (low[0] as number) & 0xf8;
  low[31] = ((low[31] as number) & 0x3f) | 0x40;
  return { scalar: fromLittleEndian(low), prefix: hash.subarray(32) };
}

function fromLittleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function toLittleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
