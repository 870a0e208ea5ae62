import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenHolder, Tokens } from './tokens.js';

/** Name of the cookie of a browser that logged in. */
const COOKIE = 'pointsman_session';

/** A browser that does nothing for a working day logs in again. */
const LIFETIME_MS = 12 * 3_600_000;

/** Cookies that were logged out before their time, kept until it; the oldest make room. */
const MAX_LOGGED_OUT = 1_024;

/**
 * The cookie of a browser that logged in with a token: name, expiry and a nonce, signed with a key made of the token. Nothing is kept
 * here, so it outlives a restart of the proxy, and ends with its token.
 */
export class BrowserCookie {
  readonly #tokens: Tokens;
  readonly #loggedOut = new Set<string>();

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** `Set-Cookie` for a browser that has shown a token. @param secure it came by TLS */
  issue(holder: TokenHolder, nowMs: number, secure: boolean): string {
    const claim = `${Buffer.from(holder.name).toString('base64url')}.${nowMs + LIFETIME_MS}.${randomBytes(9).toString('base64url')}`;
    const value = `${claim}.${this.#tokens.sign(holder.name, claim)}`;
    return `${COOKIE}=${value}; ${attributes(secure)}; Max-Age=${LIFETIME_MS / 1000}`;
  }

  /** `Set-Cookie` that takes it away; what the browser held is not accepted any more. */
  revoke(header: string | undefined, secure: boolean): string {
    const value = cookieValue(header);
    if (value !== undefined) {
      if (this.#loggedOut.size >= MAX_LOGGED_OUT) this.#loggedOut.delete(this.#loggedOut.values().next().value as string);
      this.#loggedOut.add(value);
    }
    return `${COOKIE}=; ${attributes(secure)}; Max-Age=0`;
  }

  /** Who has logged in with what the `Cookie` header holds; undefined: nobody, or it is over. */
  holderOf(header: string | undefined, nowMs: number): TokenHolder | undefined {
    const value = cookieValue(header);
    if (value === undefined || this.#loggedOut.has(value)) return undefined;
    const [name64 = '', expiry = '', nonce = '', signature = ''] = value.split('.');
    if (!(Number(expiry) > nowMs)) return undefined;
    const name = Buffer.from(name64, 'base64url').toString();
    const expected = this.#tokens.sign(name, `${name64}.${expiry}.${nonce}`);
    if (expected === undefined || expected.length !== signature.length) return undefined;
    return timingSafeEqual(Buffer.from(expected), Buffer.from(signature)) ? this.#tokens.holderNamed(name) : undefined;
  }
}

function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

function cookieValue(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === COOKIE && value !== undefined && /^[\w.-]{1,1000}$/.test(value)) return value;
  }
  return undefined;
}
