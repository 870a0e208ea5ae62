import { randomBytes } from 'node:crypto';

/** Bytes of a nonce; on the wire a NUL follows. */
export const NONCE_SIZE = 20;

/** A fresh nonce of `size` bytes. Without NUL and `$`, as servers make them: some clients read it as text. */
export function createNonce(size = NONCE_SIZE): Buffer {
  const nonce = randomBytes(size);
  for (let index = 0; index < size; index += 1) {
    const byte = (nonce[index] as number) & 0x7f;
    nonce[index] = byte === 0x00 || byte === 0x24 ? byte + 1 : byte;
  }
  return nonce;
}

/** The part of `data` that the arithmetic uses: without the NUL that may end it. */
export function nonceBytes(data: Buffer): Buffer {
  return data.subarray(0, NONCE_SIZE);
}

/** `left` XOR `right`, `right` repeated as often as needed. */
export function xor(left: Buffer, right: Buffer): Buffer {
  const result = Buffer.from(left);
  for (let index = 0; index < result.length; index += 1) {
    result[index] = (result[index] as number) ^ (right[index % right.length] as number);
  }
  return result;
}
