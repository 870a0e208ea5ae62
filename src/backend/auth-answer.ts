import { CACHING_SHA2_PASSWORD, CachingSha2, scrambleSha2 } from '../protocol/auth/caching-sha2.js';
import { clearPassword, MYSQL_CLEAR_PASSWORD } from '../protocol/auth/clear-password.js';
import { CLIENT_ED25519, ED25519_ANSWER_SIZE, signEd25519 } from '../protocol/auth/ed25519.js';
import { NATIVE_PASSWORD, scrambleNative, scrambleNativeStage1 } from '../protocol/auth/native-password.js';
import { encryptPassword } from '../protocol/auth/rsa-password.js';
import type { Credential } from '../protocol/auth/secret.js';
import { SHA256_PASSWORD, SHA256_REQUEST_PUBLIC_KEY } from '../protocol/auth/sha256-password.js';
import { ProtocolError } from '../protocol/protocol-error.js';

/** Who may listen in to the link. */
export interface LinkSecrecy {
  /** TLS. sha256_password sends the password itself over TLS only, servers expect it encrypted on unix sockets too. */
  readonly encrypted: boolean;
  /** A unix socket. */
  readonly local: boolean;
  /** mysql_clear_password may be answered where others may listen in. */
  readonly clearTextAllowed: boolean;
}

/**
 * Our side of a login at a backend, as arithmetic: what to answer to each of its packets. One object for one login. MariaDB accounts may have
 * several plugins (`VIA ed25519 OR mysql_native_password`): the server then switches from one to the next until one is content.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
 */
export class AuthAnswer {
  readonly #credential: Credential;
  readonly #link: LinkSecrecy;
  #plugin = NATIVE_PASSWORD;
  #nonce: Buffer = Buffer.alloc(0);
  #keyAsked = false;
  #unanswered: string | undefined;

  constructor(credential: Credential, link: LinkSecrecy) {
    this.#credential = credential;
    this.#link = link;
  }

  get plugin(): string {
    return this.#plugin;
  }

  /** The last plugin, if it was answered with nonsense: the credential cannot do better, and the server may have another plugin to ask for. */
  get unanswered(): string | undefined {
    return this.#unanswered;
  }

  /**
   * The plugin to begin with and its answer, for the handshake response. The greeting's plugin need not be this account's: where that one would
   * cost work, show the password or is not spoken, mysql_native_password is named, and the server switches us to the account's.
   */
  first(greetingPlugin: string, nonce: Buffer): { readonly plugin: string; readonly answer: Buffer } {
    const sha2 = greetingPlugin === CACHING_SHA2_PASSWORD && this.#credential.kind === 'clear';
    const plugin = sha2 ? CACHING_SHA2_PASSWORD : NATIVE_PASSWORD;
    return { plugin, answer: this.begin(plugin, nonce) };
  }

  /**
   * The answer to an AuthSwitchRequest.
   * @throws ProtocolError (PM_PROTOCOL_UNSUPPORTED) for plugins we do not speak, and those this credential or link is not enough for.
   */
  begin(plugin: string, nonce: Buffer): Buffer {
    this.#plugin = plugin;
    this.#nonce = Buffer.from(nonce);
    this.#keyAsked = false;
    const credential = this.#credential;
    if (credential.kind === 'native-stage1') return this.#fromStage1(credential.stage1, plugin, nonce);
    const { password } = credential;
    switch (plugin) {
      case NATIVE_PASSWORD:
        return scrambleNative(password, nonce);
      case CACHING_SHA2_PASSWORD:
        // An empty password is a single NUL here: some servers wait for more after an empty packet.
        return password === '' ? Buffer.of(0) : scrambleSha2(password, nonce);
      case SHA256_PASSWORD:
        if (password === '' || this.#link.encrypted) return clearPassword(password);
        this.#keyAsked = true;
        return Buffer.of(SHA256_REQUEST_PUBLIC_KEY);
      case MYSQL_CLEAR_PASSWORD:
        if (this.#link.encrypted || this.#link.local || this.#link.clearTextAllowed) return clearPassword(password);
        throw unsupported(plugin, 'which sends the password in clear: use TLS towards this backend');
      case CLIENT_ED25519:
        return signEd25519(password, nonce);
      default:
        throw unsupported(plugin, 'which is not spoken');
    }
  }

  /** The answer to an AuthMoreData; undefined where the server only tells us that the OK follows. @throws ProtocolError */
  more(data: Buffer): Buffer | undefined {
    const credential = this.#credential;
    if (credential.kind === 'clear' && this.#keyAsked) {
      this.#keyAsked = false;
      return encryptPassword(credential.password, this.#nonce, data.toString('latin1'));
    }
    if (credential.kind !== 'clear' || this.#plugin !== CACHING_SHA2_PASSWORD) {
      throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'auth-more-data', `${this.#plugin} has no further exchange`);
    }
    if (data.length === 1 && data[0] === CachingSha2.FAST_AUTH_SUCCESS) return undefined;
    if (data.length !== 1 || data[0] !== CachingSha2.PERFORM_FULL_AUTHENTICATION) {
      throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'auth-more-data', 'neither fast nor full authentication');
    }
    if (this.#link.encrypted || this.#link.local) return clearPassword(credential.password);
    this.#keyAsked = true;
    return Buffer.of(CachingSha2.REQUEST_PUBLIC_KEY);
  }

  #fromStage1(stage1: Buffer, plugin: string, nonce: Buffer): Buffer {
    this.#unanswered = undefined;
    if (plugin === NATIVE_PASSWORD) return scrambleNativeStage1(stage1, nonce);
    if (plugin !== CLIENT_ED25519) throw unsupported(plugin, NOT_ENOUGH);
    // Of several plugins this may be the first: refuted, MariaDB goes on to the next.
    this.#unanswered = plugin;
    return Buffer.alloc(ED25519_ANSWER_SIZE);
  }
}

/** Why a login with `plugin` cannot work with what is known of the password. */
export function notEnough(plugin: string): ProtocolError {
  return unsupported(plugin, NOT_ENOUGH);
}

const NOT_ENOUGH = 'for which the hash of the password that is known is not enough';

function unsupported(plugin: string, why: string): ProtocolError {
  return new ProtocolError('PM_PROTOCOL_UNSUPPORTED', 'auth-switch-request', `the account needs the plugin ${plugin}, ${why}`);
}
