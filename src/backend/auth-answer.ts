import { CACHING_SHA2_PASSWORD, CachingSha2, clearPassword, encryptPassword, scrambleSha2 } from '../protocol/auth/caching-sha2.js';
import { NATIVE_PASSWORD, scrambleNative } from '../protocol/auth/native-password.js';
import { ProtocolError } from '../protocol/protocol-error.js';

/** True for the plugins we can log in with. */
export function isSpoken(plugin: string): boolean {
  return plugin === NATIVE_PASSWORD || plugin === CACHING_SHA2_PASSWORD;
}

/**
 * Our side of a login at a backend, as arithmetic: what to answer to each of its packets. One object for one login.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
 */
export class AuthAnswer {
  readonly #password: string;
  /** Nobody listens in: TLS or a unix socket. */
  readonly #secure: boolean;
  #plugin = NATIVE_PASSWORD;
  #nonce: Buffer = Buffer.alloc(0);
  #keyAsked = false;

  constructor(password: string, secure: boolean) {
    this.#password = password;
    this.#secure = secure;
  }

  get plugin(): string {
    return this.#plugin;
  }

  /**
   * The first answer, to a greeting or an AuthSwitchRequest.
   * @throws ProtocolError (PM_PROTOCOL_UNSUPPORTED) for plugins we do not speak.
   */
  begin(plugin: string, nonce: Buffer): Buffer {
    if (!isSpoken(plugin)) {
      throw new ProtocolError(
        'PM_PROTOCOL_UNSUPPORTED',
        'auth-switch-request',
        `the account needs the plugin ${plugin}, which is not spoken`,
      );
    }
    this.#plugin = plugin;
    this.#nonce = Buffer.from(nonce);
    this.#keyAsked = false;
    if (plugin === NATIVE_PASSWORD) return scrambleNative(this.#password, nonce);
    // An empty password is a single NUL here: some servers wait for more after an empty packet.
    return this.#password === '' ? Buffer.of(0) : scrambleSha2(this.#password, nonce);
  }

  /** The answer to an AuthMoreData; undefined where the server only tells us that the OK follows. @throws ProtocolError */
  more(data: Buffer): Buffer | undefined {
    if (this.#plugin !== CACHING_SHA2_PASSWORD) {
      throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'auth-more-data', `${this.#plugin} has no further exchange`);
    }
    if (this.#keyAsked) {
      this.#keyAsked = false;
      return encryptPassword(this.#password, this.#nonce, data.toString('latin1'));
    }
    if (data.length === 1 && data[0] === CachingSha2.FAST_AUTH_SUCCESS) return undefined;
    if (data.length !== 1 || data[0] !== CachingSha2.PERFORM_FULL_AUTHENTICATION) {
      throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'auth-more-data', 'neither fast nor full authentication');
    }
    if (this.#secure) return clearPassword(this.#password);
    this.#keyAsked = true;
    return Buffer.of(CachingSha2.REQUEST_PUBLIC_KEY);
  }
}
