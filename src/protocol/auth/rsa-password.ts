import { constants, type KeyLike, privateDecrypt, publicEncrypt } from 'node:crypto';
import { ProtocolError } from '../protocol-error.js';
import { clearPassword, readClearPassword } from './clear-password.js';
import { NONCE_SIZE, nonceBytes, xor } from './nonce.js';

const PACKET = 'rsa-password';
// OAEP with SHA-1 is what both servers and every client use here; it is not a choice of ours.
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' } as const;

/** Password and NUL, XORed with the nonce over and over: the plain text of the RSA exchange of caching_sha2_password and sha256_password. */
export function xorPassword(password: string, nonce: Buffer): Buffer {
  return xor(clearPassword(password), exactNonce(nonce));
}

/** The packet a client sends where others may listen in. `publicKey` is the PEM text the server sent. */
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

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
