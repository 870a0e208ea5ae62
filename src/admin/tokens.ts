import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a token allows: reading, or everything. */
export type TokenRole = 'viewer' | 'operator';

/** Tokens as configured. */
export interface TokenOptions {
  /** An operator's. */
  readonly token: string | undefined;
  readonly tokens: readonly { readonly name: string; readonly role: TokenRole; readonly token: string }[];
}

/** Who a token stands for. */
export interface TokenHolder {
  /** As in the configuration; `admin` for `admin.token`. */
  readonly name: string;
  readonly role: TokenRole;
}

interface KnownToken extends TokenHolder {
  readonly hash: Buffer;
  /** Signs the cookies of browsers that logged in with it: they end when the token does, and outlive this process. */
  readonly cookieKey: Buffer;
}

/** Who may use the API. */
export class Tokens {
  #known: readonly KnownToken[] = [];

  constructor(options: TokenOptions) {
    this.replace(options);
  }

  /** From now on only these; what came by another is not accepted any more. */
  replace(options: TokenOptions): void {
    const all = options.tokens.map(({ name, token, role }) => known(name, role, token));
    this.#known = options.token === undefined ? all : [...all, known('admin', 'operator', options.token)];
  }

  /** False: the API needs no token, and only reads. */
  get configured(): boolean {
    return this.#known.length > 0;
  }

  /** Whose token this is; undefined: nobody's. Its time tells nothing about the tokens. */
  holderOf(token: string): TokenHolder | undefined {
    const hash = sha256(token);
    let holder: TokenHolder | undefined;
    for (const one of this.#known) {
      // Every known token is compared: stopping at the first match would tell its place.
      if (timingSafeEqual(one.hash, hash)) holder = { name: one.name, role: one.role };
    }
    return holder;
  }

  /** A text that only a holder's token can sign; undefined: there is no such holder now. */
  sign(name: string, text: string): string | undefined {
    const one = this.#known.find((each) => each.name === name);
    return one && createHmac('sha256', one.cookieKey).update(text).digest('base64url');
  }

  /** The holder of this name, as long as it is configured. */
  holderNamed(name: string): TokenHolder | undefined {
    const one = this.#known.find((each) => each.name === name);
    return one && { name: one.name, role: one.role };
  }
}

/** The token of `Authorization: Bearer TOKEN`; undefined for a missing or malformed one. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1];
}

function known(name: string, role: TokenRole, token: string): KnownToken {
  return { name, role, hash: sha256(token), cookieKey: sha256(`pointsman-cookie\0${token}`) };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
