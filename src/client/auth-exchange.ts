import { CACHING_SHA2_PASSWORD, CachingSha2 } from '../protocol/auth/caching-sha2.js';
import { MYSQL_CLEAR_PASSWORD, readClearPassword } from '../protocol/auth/clear-password.js';
import { CLIENT_ED25519, ED25519_NONCE_SIZE } from '../protocol/auth/ed25519.js';
import type { LentAnswer } from '../protocol/auth/lent-answer.js';
import { NATIVE_PASSWORD } from '../protocol/auth/native-password.js';
import { createNonce, NONCE_SIZE } from '../protocol/auth/nonce.js';
import { decryptPassword } from '../protocol/auth/rsa-password.js';
import type { Credential, Secret } from '../protocol/auth/secret.js';
import { SHA256_PASSWORD, SHA256_REQUEST_PUBLIC_KEY } from '../protocol/auth/sha256-password.js';
import { encodeAuthMoreData } from '../protocol/auth-more-data.js';
import { encodeAuthSwitchRequest } from '../protocol/auth-switch-request.js';
import type { Account } from './account.js';
import type { RsaKey } from './rsa-key.js';
import { credentialOf, isPasswordOf } from './secret-check.js';

/**
 * What the login does next. `send`: this payload, then wait for the client. `accept`: proven; maybe with a last payload before the OK.
 * `learn`: find out what earlier logins proved (`group`) or what the servers keep (`servers`), then call `learned`. `inquire`: open a login at
 * a server, whose questions go to `asked` and `more`. `tell`: the client's part in that login; the server's word ends it.
 */
export type AuthStep =
  | { readonly act: 'send'; readonly payload: Buffer }
  | { readonly act: 'wait-for-key' }
  | { readonly act: 'accept'; readonly payload: Buffer | undefined; readonly credential: Credential }
  | { readonly act: 'learn'; readonly from: 'group' | 'servers' }
  | { readonly act: 'inquire' }
  | { readonly act: 'tell'; readonly answer: LentAnswer }
  | { readonly act: 'deny' };

export interface AuthExchangeOptions {
  /** Whom the client claims to be; for an unknown user a decoy that nothing proves, so that the exchange looks the same. */
  readonly account: Account;
  /** The plugin for a client that names one we do not speak. */
  readonly defaultPlugin: string;
  /** Nobody listens in: TLS or a unix socket. */
  readonly secure: boolean;
  /** mysql_clear_password is taken even where others may listen in. */
  readonly clearTextAllowed: boolean;
  readonly rsaKey: RsaKey;
  /** The client knows AuthSwitchRequest (PLUGIN_AUTH). */
  readonly canSwitch: boolean;
  /**
   * The first answer is final. False where it may have been made without our nonce (the client names another plugin than the greeting did,
   * or COM_CHANGE_USER): libmysqlclient then sends a dummy and waits to be switched.
   */
  readonly firstAnswerCounts: boolean;
  /**
   * A switch repeats the nonce instead of bringing a new one. Servers do so in COM_CHANGE_USER, and there libmysqlclient and libmariadb answer
   * with the nonce of the login whatever the switch says.
   */
  readonly keepsNonce: boolean;
}

const DENY: AuthStep = { act: 'deny' };
const INQUIRE: AuthStep = { act: 'inquire' };
const FAST_AUTH_SUCCESS = encodeAuthMoreData({ data: Buffer.of(CachingSha2.FAST_AUTH_SUCCESS) });
const FULL_AUTHENTICATION = encodeAuthMoreData({ data: Buffer.of(CachingSha2.PERFORM_FULL_AUTHENTICATION) });

/** First byte of AuthNextFactor. */
const NEXT_FACTOR = 0x02;

/** The client's byte that asks for the RSA key, by plugin. */
const KEY_REQUESTS: Readonly<Record<string, number>> = {
  [CACHING_SHA2_PASSWORD]: CachingSha2.REQUEST_PUBLIC_KEY,
  [SHA256_PASSWORD]: SHA256_REQUEST_PUBLIC_KEY,
};
const SPOKEN: ReadonlySet<string> = new Set([
  NATIVE_PASSWORD,
  CACHING_SHA2_PASSWORD,
  SHA256_PASSWORD,
  MYSQL_CLEAR_PASSWORD,
  CLIENT_ED25519,
]);

/**
 * The proof of one password, for login and COM_CHANGE_USER: answers in, next step out, no sockets. A client proves itself with the plugin it
 * offers; it is switched only if it offers one that the secret cannot be checked with. What the known secrets do not decide is learnt in the
 * order of DESIGN 5: earlier logins, stored hashes, a server's own judgement with the client's password or, failing that, its relayed answer.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
 */
export class AuthExchange {
  /** The plugin in use. */
  plugin = NATIVE_PASSWORD;
  /** The nonce in use. */
  nonce: Buffer;
  /** The client sent something for a password (the 1045 says so). */
  usedPassword = false;

  readonly #options: AuthExchangeOptions;
  #secrets: readonly Secret[];
  #sources: ('group' | 'servers' | 'inquiry')[];
  #phase: 'answer' | 'full' | 'encrypted' | 'relay' = 'answer';
  #switched = false;
  #answer: Buffer | undefined;
  #password: string | undefined;
  /** A server asked in its login, and the client's password would answer it. */
  #demanded = false;

  constructor(options: AuthExchangeOptions, nonce: Buffer) {
    this.#options = options;
    this.#secrets = options.account.secrets;
    this.#sources = options.account.learnable ? ['group', 'servers', 'inquiry'] : [];
    this.nonce = nonce;
  }

  /** The answer in the handshake response or COM_CHANGE_USER. */
  start(plugin: string, answer: Buffer): AuthStep {
    this.usedPassword = !isEmpty(answer);
    // A password in clear where others listen in is not looked at, as servers do not either.
    if (!SPOKEN.has(plugin) || (plugin === MYSQL_CLEAR_PASSWORD && !this.#takesClearText)) return this.#judge();
    this.plugin = plugin;
    return this.#take(answer);
  }

  /** In place of `start`, where the client's certificate is proof enough: whatever it sent as answer. */
  startProven(plugin: string, answer: Buffer): AuthStep {
    this.usedPassword = !isEmpty(answer);
    this.plugin = plugin;
    const credential = this.#options.account.secrets.find(({ kind }) => kind === 'clear');
    // Without a password of ours there is nothing to log in to servers with.
    if (credential?.kind !== 'clear') return DENY;
    return { act: 'accept', payload: plugin === CACHING_SHA2_PASSWORD && this.usedPassword ? FAST_AUTH_SUCCESS : undefined, credential };
  }

  /** Any later packet of the client. @throws ProtocolError for one that makes no sense. */
  next(payload: Buffer): AuthStep {
    switch (this.#phase) {
      case 'answer':
        this.usedPassword = !isEmpty(payload);
        return this.#take(payload);
      case 'encrypted':
        return this.#takeEncrypted(payload);
      case 'full':
        return this.#takeClear(payload);
      case 'relay':
        this.usedPassword ||= !isEmpty(payload);
        return { act: 'tell', answer: { kind: 'raw', payload: Buffer.from(payload) } };
    }
  }

  /** After `wait-for-key`, once there is one. */
  keyReady(): AuthStep {
    const { rsaKey } = this.#options;
    if (rsaKey.privateKey === undefined) return DENY;
    return { act: 'send', payload: encodeAuthMoreData({ data: Buffer.from(rsaKey.publicPem) }) };
  }

  /** After `learn`: what was found, maybe nothing. */
  learned(secrets: readonly Secret[]): AuthStep {
    this.#secrets = secrets;
    return this.#judge();
  }

  /** After `inquire`: a server asks for this plugin's answer. */
  asked(plugin: string, data: Buffer): AuthStep {
    if (this.#phase === 'relay') return { act: 'send', payload: encodeAuthSwitchRequest({ plugin, data }) };
    this.#demanded = true;
    if (this.#password !== undefined) return this.#tell(this.#password);
    if (plugin === CACHING_SHA2_PASSWORD || plugin === SHA256_PASSWORD) return this.#demandPassword(plugin);
    if (plugin === MYSQL_CLEAR_PASSWORD) return this.#takesClearText ? this.#switchAsAsked(MYSQL_CLEAR_PASSWORD) : DENY;
    return this.#relay(plugin, data);
  }

  /** A further packet of a server to a client whose answers are relayed. A second factor is the client's and the server's affair alone. */
  more(payload: Buffer): AuthStep {
    if (payload[0] === NEXT_FACTOR) this.#phase = 'relay';
    return this.#phase === 'relay' ? { act: 'send', payload } : DENY;
  }

  get #takesClearText(): boolean {
    return this.#options.secure || this.#options.clearTextAllowed;
  }

  #relay(plugin: string, data: Buffer): AuthStep {
    const step = this.#switchAsAsked(plugin, Buffer.from(data));
    if (step.act === 'send') this.#phase = 'relay';
    return step;
  }

  /** A server asks; where we switched the client for a plugin that led nowhere, it is switched once more, as several plugins of an account do. */
  #switchAsAsked(plugin: string, nonce?: Buffer): AuthStep {
    if (plugin !== this.plugin) this.#switched = false;
    return this.#switchTo(plugin, nonce);
  }

  #nonceFor(plugin: string): Buffer {
    const size = plugin === CLIENT_ED25519 ? ED25519_NONCE_SIZE : NONCE_SIZE;
    return this.#options.keepsNonce && this.nonce.length === size ? this.nonce : createNonce(size);
  }

  #switchTo(plugin: string, nonce = this.#nonceFor(plugin)): AuthStep {
    if (this.#switched || !this.#options.canSwitch) return DENY;
    this.#switched = true;
    this.#phase = 'answer';
    this.plugin = plugin;
    this.nonce = nonce;
    return { act: 'send', payload: encodeAuthSwitchRequest({ plugin, data: plugin === MYSQL_CLEAR_PASSWORD ? Buffer.alloc(0) : nonce }) };
  }

  /** A first packet of the plugin in use. */
  #take(payload: Buffer): AuthStep {
    if (this.plugin === MYSQL_CLEAR_PASSWORD) return this.#withPassword(clearText(payload));
    if (this.plugin === SHA256_PASSWORD && !isEmpty(payload)) return this.#takeClear(payload);
    this.#answer = Buffer.from(payload);
    if (isEmpty(payload) && this.plugin !== CLIENT_ED25519 && (!this.#mayBeDummy || this.#isPassword(''))) return this.#withPassword('');
    if (this.#demanded && this.plugin === CACHING_SHA2_PASSWORD) return this.#fullAuthentication();
    return this.#judge();
  }

  /** The first answer may have been made without our nonce. */
  get #mayBeDummy(): boolean {
    return !this.#options.firstAnswerCounts && !this.#switched;
  }

  #isPassword(password: string): boolean {
    return this.#secrets.some((secret) => isPasswordOf(secret, password));
  }

  /** The password as the sha2 plugins send it: in clear where nobody listens in, else encrypted, maybe after a request for our key. */
  #takeClear(payload: Buffer): AuthStep {
    const asksForKey = payload.length === 1 && payload[0] === KEY_REQUESTS[this.plugin];
    // On unix sockets too clients ask for sha256_password's key.
    if (!asksForKey) return this.#options.secure ? this.#withPassword(readClearPassword(payload)) : this.#takeEncrypted(payload);
    this.#phase = 'encrypted';
    return { act: 'wait-for-key' };
  }

  #takeEncrypted(payload: Buffer): AuthStep {
    const { privateKey } = this.#options.rsaKey;
    return privateKey === undefined ? DENY : this.#withPassword(decryptPassword(payload, this.nonce, privateKey));
  }

  #withPassword(password: string): AuthStep {
    this.#password = password;
    return this.#demanded ? this.#tell(password) : this.#judge();
  }

  #tell(password: string): AuthStep {
    return { act: 'tell', answer: { kind: 'clear', password } };
  }

  #fullAuthentication(): AuthStep {
    this.#phase = 'full';
    return { act: 'send', payload: FULL_AUTHENTICATION };
  }

  /** Decides with what is known now, or says how more is to be had. */
  #judge(): AuthStep {
    const password = this.#password;
    for (const secret of this.#secrets) {
      if (password !== undefined) {
        if (isPasswordOf(secret, password)) return this.#accept({ kind: 'clear', password });
      } else if (this.#answer !== undefined) {
        const credential = credentialOf(secret, this.plugin, this.#answer, this.nonce);
        if (credential !== undefined) return this.#accept(credential);
      }
    }
    return this.#otherWay() ?? this.#otherSource();
  }

  #accept(credential: Credential): AuthStep {
    // The server has nothing to say to an empty answer: the OK follows at once.
    const fast = this.plugin === CACHING_SHA2_PASSWORD && this.#phase === 'answer' && this.#password === undefined;
    return { act: 'accept', payload: fast ? FAST_AUTH_SUCCESS : undefined, credential };
  }

  /** The client may be right, but what it sent cannot be checked with what is known: let it prove itself otherwise. */
  #otherWay(): AuthStep | undefined {
    if (this.#password !== undefined) return undefined;
    const { canSwitch, defaultPlugin } = this.#options;
    const maySwitch = canSwitch && !this.#switched;
    const kinds = new Set(this.#secrets.map(({ kind }) => kind));
    if (this.#answer === undefined) {
      return maySwitch && kinds.size > 0 ? this.#switchTo(kinds.has('clear') ? defaultPlugin : pluginFor(kinds)) : undefined;
    }
    const dummy = maySwitch && this.#mayBeDummy;
    if (kinds.has('clear') && dummy) return this.#switchTo(this.plugin);
    if (kinds.has('native-hash') && maySwitch && (dummy || this.plugin !== NATIVE_PASSWORD)) return this.#switchTo(NATIVE_PASSWORD);
    const checksPasswords = kinds.has('sha2-hash') || kinds.has('ed25519-key');
    if (this.plugin === CACHING_SHA2_PASSWORD && !dummy) {
      // A server asks for the password itself when the fast answer does not fit. Without encryption that would cost the client an exchange
      // which many refuse with an error of their own; "Access denied" says more, and our fast check cannot be stale.
      const asServersDo = this.#sources.length === 0 && this.#options.secure;
      return checksPasswords || asServersDo ? this.#fullAuthentication() : undefined;
    }
    return checksPasswords && maySwitch ? this.#switchTo(CACHING_SHA2_PASSWORD) : undefined;
  }

  #otherSource(): AuthStep {
    const source = this.#sources.shift();
    if (source === undefined) return DENY;
    return source === 'inquiry' ? INQUIRE : { act: 'learn', from: source };
  }

  /** A server wants the password itself; nothing less could be used again with another server, whose cache is cold. */
  #demandPassword(plugin: string): AuthStep {
    if (this.plugin === CACHING_SHA2_PASSWORD && this.#answer !== undefined && !this.#mayBeDummy) return this.#fullAuthentication();
    return this.#switchAsAsked(this.plugin === CACHING_SHA2_PASSWORD ? this.plugin : plugin);
  }
}

function pluginFor(kinds: ReadonlySet<Secret['kind']>): string {
  return kinds.has('native-hash') ? NATIVE_PASSWORD : CACHING_SHA2_PASSWORD;
}

/** Some clients end the text with NUL, some do not. */
function clearText(payload: Buffer): string {
  return payload.at(-1) === 0 ? readClearPassword(payload) : payload.toString('utf8');
}

/** No password: an empty packet, or the one NUL that caching_sha2_password sends for it. */
function isEmpty(answer: Buffer): boolean {
  return answer.length === 0 || (answer.length === 1 && answer[0] === 0);
}
