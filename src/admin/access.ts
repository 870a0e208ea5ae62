import { AdminProblem } from './admin-problem.js';
import type { AdminRequest } from './admin-request.js';
import { BrowserCookie } from './browser-cookie.js';
import { RateLimit } from './rate-limit.js';
import { bearerToken, type TokenHolder, type TokenOptions, type TokenRole, Tokens } from './tokens.js';

/** Who asks. */
export interface Actor {
  /** Name of the token; `local` where none is configured. */
  readonly name: string;
  readonly role: TokenRole;
  /** Address; `unix` for a socket file. */
  readonly from: string;
}

/** Wrong tokens of one address: so many at once, then one each three seconds. */
const WRONG_BURST = 20;
const WRONG_PER_SECOND = 1 / 3;
const READS_BURST = 200;
const READS_PER_SECOND = 50;
const ACTIONS_BURST = 20;
const ACTIONS_PER_SECOND = 5;

/** A program with an outdated token asks again and again with the same: that is no guessing, and must not lock out others of its address. */
const MAX_REMEMBERED_WRONG = 1_024;

/** Decides whether a request may be answered: token or cookie, role, host, origin, rate. */
export class Access {
  readonly tokens: Tokens;
  readonly cookies: BrowserCookie;
  readonly #wrong = new RateLimit(WRONG_BURST, WRONG_PER_SECOND);
  readonly #reads = new RateLimit(READS_BURST, READS_PER_SECOND);
  readonly #actions = new RateLimit(ACTIONS_BURST, ACTIONS_PER_SECOND);
  readonly #rememberedWrong = new Set<string>();

  constructor(options: TokenOptions) {
    this.tokens = new Tokens(options);
    this.cookies = new BrowserCookie(this.tokens);
  }

  /** @throws AdminProblem 403, 429 when the one who asks may not, or not so fast */
  admit(actor: Actor, role: TokenRole, request: AdminRequest, nowMs: number): void {
    const isAction = request.method === 'POST';
    const againInMs = (isAction ? this.#actions : this.#reads).take(`${actor.name} ${actor.from}`, nowMs);
    if (againInMs > 0) throw tooMany(againInMs, `${isAction ? ACTIONS_PER_SECOND : READS_PER_SECOND} requests per second are allowed`);
    if (role === 'operator' && actor.role !== 'operator') {
      throw new AdminProblem(403, 'PM_ADMIN_FORBIDDEN', `this needs an operator's token; "${actor.name}" is a viewer's`);
    }
  }

  /** Whose token was typed into the login form. @throws AdminProblem 401, 403, 429 */
  login(token: string, request: AdminRequest, nowMs: number): TokenHolder {
    this.sameOrigin(request);
    if (!this.tokens.configured)
      throw new AdminProblem(409, 'PM_ADMIN_NO_TOKEN', 'no token is configured, so there is nothing to log in to');
    return this.#holder(token, request.from, nowMs);
  }

  /** @throws AdminProblem 403 unless a page of our own asks */
  sameOrigin({ headers }: AdminRequest): void {
    const { origin, host, 'sec-fetch-site': site } = headers;
    const foreign = (site !== undefined && site !== 'same-origin') || origin === undefined || originHost(origin) !== host;
    if (!foreign) return;
    throw new AdminProblem(403, 'PM_ADMIN_ORIGIN', 'with a cookie only the page of this very address may do that; scripts send a token');
  }

  /** Who asks, without a refusal for nobody. @throws AdminProblem 403, 429 */
  who(request: AdminRequest, nowMs: number): Actor | undefined {
    try {
      return this.identify('viewer', request, nowMs);
    } catch (error) {
      if (error instanceof AdminProblem && error.status === 401) return undefined;
      throw error;
    }
  }

  /** Who asks. @throws AdminProblem 401, 403, 429 */
  identify(role: TokenRole, request: AdminRequest, nowMs: number): Actor {
    const { from, headers } = request;
    if (!this.tokens.configured) {
      if (role === 'operator') {
        throw new AdminProblem(
          403,
          'PM_ADMIN_FORBIDDEN',
          'without admin.token the API only reads; set one and send it to change something',
        );
      }
      if (isLocalName(headers.host)) return { name: 'local', role: 'viewer', from };
      // A page from elsewhere whose name was pointed at 127.0.0.1 (DNS rebinding) would otherwise read the API through a browser.
      const message = 'without admin.token the API answers only to localhost or an IP address as the host';
      throw new AdminProblem(403, 'PM_ADMIN_HOST', message);
    }
    const token = bearerToken(headers.authorization);
    if (token !== undefined) return { ...this.#holder(token, from, nowMs), from };
    const browser = headers.authorization === undefined ? this.cookies.holderOf(headers.cookie, Date.now()) : undefined;
    if (browser === undefined) throw unauthorized('send Authorization: Bearer TOKEN with admin.token or one of admin.tokens');
    // A browser sends its cookie with whatever page makes it ask; a token in a header no page of others can send.
    if (request.method === 'POST') this.sameOrigin(request);
    return { ...browser, from };
  }

  #holder(token: string, from: string, nowMs: number): TokenHolder {
    const againInMs = this.#wrong.wait(from, nowMs);
    if (againInMs > 0) throw tooMany(againInMs, 'too many wrong tokens');
    const holder = this.tokens.holderOf(token);
    if (holder !== undefined) return holder;
    const seen = `${from} ${token.slice(0, 100)}`;
    if (!this.#rememberedWrong.has(seen)) {
      this.#wrong.take(from, nowMs);
      if (this.#rememberedWrong.size >= MAX_REMEMBERED_WRONG) this.#rememberedWrong.clear();
      this.#rememberedWrong.add(seen);
    }
    throw unauthorized('this token is not known; it is admin.token or one of admin.tokens');
  }
}

function unauthorized(message: string): AdminProblem {
  return new AdminProblem(401, 'PM_ADMIN_UNAUTHORIZED', message, { 'www-authenticate': 'Bearer realm="pointsman"' });
}

function tooMany(againInMs: number, what: string): AdminProblem {
  const seconds = String(Math.ceil(againInMs / 1000));
  return new AdminProblem(429, 'PM_ADMIN_RATE', `${what}; try again in ${seconds} s`, { 'retry-after': seconds });
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function isLocalName(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  return name === '' || name === 'localhost' || name.startsWith('[') || /^[\d.]+$/.test(name);
}
