import { constants, createHash, type KeyLike, privateDecrypt, publicEncrypt, timingSafeEqual } from 'node:crypto';
import { ProtocolError } from '../protocol-error.js';
import { NONCE_SIZE, nonceBytes, xor } from './nonce.js';

/**
 * caching_sha2_password. Fast path: the client answers with SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce) and the
 * server compares with its cache. Full path, when the cache is cold: the password itself, over TLS or encrypted with the server's RSA key.
 */
export const CACHING_SHA2_PASSWORD = 'caching_sha2_password';

/** State bytes of the exchange: the server's come in AuthMoreData, the client's request is a packet of that one byte. */
export const CachingSha2 = { REQUEST_PUBLIC_KEY: 0x02, FAST_AUTH_SUCCESS: 0x03, PERFORM_FULL_AUTHENTICATION: 0x04 } as const;

const PACKET = 'caching-sha2';
// OAEP with SHA-1 is what both servers and every client use here; it is not a choice of ours.
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' } as const;

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

/** The password as full authentication sends it inside TLS: its bytes and a NUL. */
export function clearPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf8');
}

/** Reads what `clearPassword` makes. @throws ProtocolError when no NUL ends it. */
export function readClearPassword(payload: Buffer): string {
  const end = payload.indexOf(0);
  if (end < 0) throw new ProtocolError('PM_PROTOCOL_TRUNCATED', PACKET, 'no NUL ends the password');
  return payload.toString('utf8', 0, end);
}

/** Password and NUL, XORed with the nonce over and over: the plain text of the RSA exchange. */
export function xorPassword(password: string, nonce: Buffer): Buffer {
  return xor(clearPassword(password), exactNonce(nonce));
}

/** The packet a client sends on the full path without TLS. `publicKey` is the PEM text the server sent. */
export function encryptPassword(password: string, nonce: Buffer, publicKey: KeyLike): Buffer {
  const plain = xorPassword(password, nonce);
  try {
    return publicEncrypt({ key: publicKey, ...OAEP }, plain);
  } catch (cause) {
    throw new ProtocolError('PM_PROTOCOL_MALFORMED', PACKET, `the RSA public key cannot be used: ${messageOf(cause)}`);
  }
}

/** The password out of such a packet. @throws ProtocolError for anything that this key and nonce did not make. */
export function decryptPassword(packet: Buffer, nonce: Buffer, privateKey: KeyLike): string {
  let plain: Buffer;
  try {
    plain = privateDecrypt({ key: privateKey, ...OAEP }, packet);
  } catch {
    throw new ProtocolError('PM_PROTOCOL_MALFORMED', PACKET, 'the encrypted password cannot be read');
  }
  return readClearPassword(xor(plain, exactNonce(nonce)));
}

function exactNonce(nonce: Buffer): Buffer {
  const bytes = nonceBytes(nonce);
  if (bytes.length === NONCE_SIZE) return bytes;
  throw new ProtocolError('PM_PROTOCOL_MALFORMED', PACKET, `the nonce has ${bytes.length} bytes, not ${NONCE_SIZE}`);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
