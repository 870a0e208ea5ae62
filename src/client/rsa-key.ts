import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';

const KEY_BITS = 2048;

/**
 * The RSA key pair that protects a password in caching_sha2_password's full authentication without TLS. Generated when first needed
 * (about 0.1 s in a background thread), unless the owner gives one: clients that keep a server's public key in a file need a fixed pair,
 * and all workers the same.
 */
export class RsaKey {
  #privateKey: KeyObject | undefined;
  #publicPem = '';
  #waiting: (() => void)[] | undefined;

  /** @param privatePem PKCS#1 or PKCS#8 PEM. Throws Node's crypto error when it is not one. */
  constructor(privatePem?: string) {
    if (privatePem !== undefined) this.#set(createPrivateKey(privatePem));
  }

  /** The private key; undefined until `whenReady` has called back. */
  get privateKey(): KeyObject | undefined {
    return this.#privateKey;
  }

  /** The public key as clients get it: SPKI in PEM. */
  get publicPem(): string {
    return this.#publicPem;
  }

  /** Calls `ready` once there is a key: at once where there is one already. */
  whenReady(ready: () => void): void {
    if (this.#privateKey !== undefined) {
      ready();
      return;
    }
    if (this.#waiting !== undefined) {
      this.#waiting.push(ready);
      return;
    }
    this.#waiting = [ready];
    generateKeyPair('rsa', { modulusLength: KEY_BITS }, (error, _publicKey, privateKey) => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      // Without a key the callers find `privateKey` undefined and refuse; the next login tries again.
      if (error === null) this.#set(privateKey);
      for (const resume of waiting) resume();
    });
  }

  #set(privateKey: KeyObject): void {
    this.#privateKey = privateKey;
    this.#publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  }
}
