import { createHash, timingSafeEqual } from 'node:crypto';

/** What a token allows: reading, or everything. */
export type TokenRole = 'viewer' | 'operator';

/** Tokens as configured. */
export interface TokenOptions {
  /** An operator's. */
  readonly token: string | undefined;
  readonly tokens: readonly { readonly name: string; readonly role: TokenRole; readonly token: string }[];
}

/** Who may use the API. */
export class Tokens {
  readonly #known: { readonly hash: Buffer; readonly role: TokenRole }[];

  constructor(options: TokenOptions) {
    const all = options.tokens.map(({ token, role }) => ({ hash: sha256(token), role }));
    this.#known = options.token === undefined ? all : [...all, { hash: sha256(options.token), role: 'operator' }];
  }

  /** False: the API needs no token, and only reads. */
  get configured(): boolean {
    return this.#known.length > 0;
  }

  /** The role of `Authorization: Bearer TOKEN`; undefined for a missing, malformed or wrong one. Its time tells nothing about the tokens. */
  roleOf(authorization: string | undefined): TokenRole | undefined {
    const given = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return undefined;
    const hash = sha256(given);
    let role: TokenRole | undefined;
    for (const known of this.#known) {
      // Every known token is compared: stopping at the first match would tell its place.
      if (timingSafeEqual(known.hash, hash)) role = known.role;
    }
    return role;
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
