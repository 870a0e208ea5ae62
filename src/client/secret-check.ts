import { createHash, timingSafeEqual } from 'node:crypto';
import { CACHING_SHA2_PASSWORD, verifySha2 } from '../protocol/auth/caching-sha2.js';
import { CLIENT_ED25519, ed25519PublicKey, verifyEd25519 } from '../protocol/auth/ed25519.js';
import { NATIVE_PASSWORD, nativeStage2, recoverNativeStage1, verifyNative } from '../protocol/auth/native-password.js';
import type { Credential, Secret } from '../protocol/auth/secret.js';
import { verifyStoredSha2 } from '../protocol/auth/stored-sha2.js';

/** What a client's answer to `nonce` proves against one secret: the credential that opens servers; undefined where it does not fit. */
export function credentialOf(secret: Secret, plugin: string, answer: Buffer, nonce: Buffer): Credential | undefined {
  if (secret.kind === 'clear') return answersWith(secret.password, plugin, answer, nonce) ? secret : undefined;
  if (secret.kind !== 'native-hash' || plugin !== NATIVE_PASSWORD) return undefined;
  const stage1 = recoverNativeStage1(answer, nonce, secret.stage2);
  return stage1 === undefined ? undefined : { kind: 'native-stage1', stage1 };
}

/** Whether `password` is the one behind the secret. Takes some milliseconds for the hashes of the sha2 plugins: they are made to be slow. */
export function isPasswordOf(secret: Secret, password: string): boolean {
  switch (secret.kind) {
    case 'clear':
      return sameBytes(sha256(password), sha256(secret.password));
    case 'native-hash':
      return sameBytes(nativeStage2(password), secret.stage2);
    case 'sha2-hash':
      return verifyStoredSha2(password, secret.stored);
    case 'ed25519-key':
      return sameBytes(ed25519PublicKey(password), secret.publicKey);
  }
}

function answersWith(password: string, plugin: string, answer: Buffer, nonce: Buffer): boolean {
  if (plugin === NATIVE_PASSWORD) return verifyNative(answer, nonce, password);
  if (plugin === CACHING_SHA2_PASSWORD) return verifySha2(answer, nonce, password);
  return plugin === CLIENT_ED25519 && verifyEd25519(answer, nonce, ed25519PublicKey(password));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** In a time that does not tell where they differ. */
function sameBytes(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
