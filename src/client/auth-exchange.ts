import { createHash, timingSafeEqual } from 'node:crypto';
import { CACHING_SHA2_PASSWORD, CachingSha2, decryptPassword, readClearPassword, verifySha2 } from '../protocol/auth/caching-sha2.js';
import { NATIVE_PASSWORD, verifyNative } from '../protocol/auth/native-password.js';
import { createNonce } from '../protocol/auth/nonce.js';
import { encodeAuthMoreData } from '../protocol/auth-more-data.js';
import { encodeAuthSwitchRequest } from '../protocol/auth-switch-request.js';
import type { Account } from './account.js';
import type { RsaKey } from './rsa-key.js';

/** What the login does next. `send`: this payload, then wait for the client. `accept` may have a last payload to send before the OK. */
export type AuthStep =
  | { readonly act: 'send'; readonly payload: Buffer }
  | { readonly act: 'wait-for-key' }
  | { readonly act: 'accept'; readonly payload: Buffer | undefined }
  | { readonly act: 'deny' };

export interface AuthExchangeOptions {
  /** Whom the client claims to be; for an unknown user a decoy that nothing proves, so that the exchange looks the same. */
  readonly account: Account;
  /** The plugin for a client that names one we do not speak. */
  readonly defaultPlugin: string;
  /** Nobody listens in: TLS or a unix socket. */
  readonly secure: boolean;
  readonly rsaKey: RsaKey;
  /** The client knows AuthSwitchRequest (PLUGIN_AUTH). */
  readonly canSwitch: boolean;
  /**
   * The first answer is final. False where it may have been made without our nonce (the client names another plugin than the greeting did,
   * or COM_CHANGE_USER): libmysqlclient then sends a dummy and waits to be switched.
   */
  readonly firstAnswerCounts: boolean;
}

const DENY: AuthStep = { act: 'deny' };
const FAST_AUTH_SUCCESS = encodeAuthMoreData({ data: Buffer.of(CachingSha2.FAST_AUTH_SUCCESS) });
const FULL_AUTHENTICATION = encodeAuthMoreData({ data: Buffer.of(CachingSha2.PERFORM_FULL_AUTHENTICATION) });

/**
 * The proof of one password, for login and COM_CHANGE_USER: answers in, next step out, no sockets. A client proves itself with the plugin it
 * offers; it is switched only if it offers one that its secret cannot be checked with.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
 */
export class AuthExchange {
  /** The plugin in use. */
  plugin = NATIVE_PASSWORD;
  /** The nonce in use. */
  nonce: Buffer;
  /** The client sent something for a password (the 1045 says so). */
  usedPassword = false;
  /** The clear password, once proven. */
  password = '';

  readonly #options: AuthExchangeOptions;
  #phase: 'answer' | 'full' | 'encrypted' = 'answer';
  #switched = false;

  constructor(options: AuthExchangeOptions, nonce: Buffer) {
    this.#options = options;
    this.nonce = nonce;
  }

  /** The answer in the handshake response or COM_CHANGE_USER. */
  start(plugin: string, answer: Buffer): AuthStep {
    const { account, defaultPlugin, firstAnswerCounts } = this.#options;
    this.usedPassword = !isEmpty(answer);
    if (!isSpoken(plugin)) return this.#switchTo(defaultPlugin);
    // Native password never shows the clear text; only the other one can where that is what we need.
    if (account.password === undefined && plugin === NATIVE_PASSWORD) return this.#switchTo(CACHING_SHA2_PASSWORD);
    this.plugin = plugin;
    if (account.password === undefined && !firstAnswerCounts) return this.#switchTo(plugin);
    const step = this.#check(answer);
    return step.act === 'deny' && !firstAnswerCounts ? this.#switchTo(plugin) : step;
  }

  /** In place of `start`, where the client's certificate is proof enough: whatever it sent as answer. */
  startProven(plugin: string, answer: Buffer): AuthStep {
    this.usedPassword = !isEmpty(answer);
    this.plugin = plugin;
    this.password = this.#options.account.password ?? '';
    return { act: 'accept', payload: plugin === CACHING_SHA2_PASSWORD && this.usedPassword ? FAST_AUTH_SUCCESS : undefined };
  }

  /** Any later packet of the client. @throws ProtocolError for one that makes no sense. */
  next(payload: Buffer): AuthStep {
    if (this.#phase === 'answer') {
      this.usedPassword = !isEmpty(payload);
      return this.#check(payload);
    }
    if (this.#phase === 'encrypted') return this.#checkEncrypted(payload);
    if (this.#options.secure) return this.#checkClear(readClearPassword(payload));
    if (payload.length !== 1 || payload[0] !== CachingSha2.REQUEST_PUBLIC_KEY) return this.#checkEncrypted(payload);
    this.#phase = 'encrypted';
    return { act: 'wait-for-key' };
  }

  /** After `wait-for-key`, once there is one. */
  keyReady(): AuthStep {
    const { rsaKey } = this.#options;
    if (rsaKey.privateKey === undefined) return DENY;
    return { act: 'send', payload: encodeAuthMoreData({ data: Buffer.from(rsaKey.publicPem) }) };
  }

  #switchTo(plugin: string): AuthStep {
    if (this.#switched || !this.#options.canSwitch) return DENY;
    this.#switched = true;
    this.plugin = plugin;
    this.nonce = createNonce();
    return { act: 'send', payload: encodeAuthSwitchRequest({ plugin, data: this.nonce }) };
  }

  #check(answer: Buffer): AuthStep {
    const { password } = this.#options.account;
    const empty = isEmpty(answer);
    if (password === undefined) return empty ? this.#checkClear('') : this.#fullAuthentication();
    const given = empty ? answer.subarray(0, 0) : answer;
    const native = this.plugin === NATIVE_PASSWORD;
    if (!(native ? verifyNative(given, this.nonce, password) : verifySha2(given, this.nonce, password))) {
      // A server asks for the password itself when the fast answer does not fit. Without encryption that would cost the client an exchange
      // which many refuse with an error of their own; "Access denied" says more, and our fast check cannot be stale.
      return native || empty || !this.#options.secure ? DENY : this.#fullAuthentication();
    }
    this.password = password;
    // The server has nothing to say to an empty answer: the OK follows at once.
    return { act: 'accept', payload: native || empty ? undefined : FAST_AUTH_SUCCESS };
  }

  #fullAuthentication(): AuthStep {
    this.#phase = 'full';
    return { act: 'send', payload: FULL_AUTHENTICATION };
  }

  #checkEncrypted(payload: Buffer): AuthStep {
    const { privateKey } = this.#options.rsaKey;
    return privateKey === undefined ? DENY : this.#checkClear(decryptPassword(payload, this.nonce, privateKey));
  }

  #checkClear(password: string): AuthStep {
    const { account } = this.#options;
    if (!(account.password === undefined ? account.accepts?.(password) : sameText(password, account.password))) return DENY;
    this.password = password;
    return { act: 'accept', payload: undefined };
  }
}

/** Compares secrets in a time that does not tell where they differ. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** No password: an empty packet, or the one NUL that caching_sha2_password sends for it. */
function isEmpty(answer: Buffer): boolean {
  return answer.length === 0 || (answer.length === 1 && answer[0] === 0);
}

function isSpoken(plugin: string): boolean {
  return plugin === NATIVE_PASSWORD || plugin === CACHING_SHA2_PASSWORD;
}
