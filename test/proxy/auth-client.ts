import { firstAnswer, rsaAnswer } from './plugin-answers.js';
import { CAPS, errorOf, frameOf, HEADER, WireClient } from './wire-client.js';

/** How a client logs in: what it names first, and what it can do when it is switched. */
export interface AuthLogin {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly tls?: boolean;
  /** What the handshake response names. Undefined: the client does not know plugins (no PLUGIN_AUTH) and answers as native. */
  readonly plugin: string | undefined;
  /** The first answer is empty, as libmysqlclient's and libmariadb's is for another plugin than the greeting's. Default: made with the greeting's nonce. */
  readonly dummy?: boolean;
  /** Plugins it can be switched to. Default: all that have been published. */
  readonly speaks?: readonly string[];
  /** False: it does not ask for an RSA key (Connector/J's allowPublicKeyRetrieval=false, the default there). */
  readonly asksForKey?: boolean;
  /** Where it comes from, such as 127.0.3.4. */
  readonly localAddress?: string;
  /** Changes what it sends: each packet's payload, counted from 0, the handshake response. */
  readonly alter?: (payload: Buffer, packet: number, nonce: Buffer) => Buffer | readonly Buffer[];
  /** For each answer of the server; default 30 s. */
  readonly limitMs?: number;
}

const ALL = ['mysql_native_password', 'caching_sha2_password', 'sha256_password', 'mysql_clear_password', 'client_ed25519'];
const PLUGIN_AUTH = 0x08_0000;

/** A client that knows every plugin, by hand. */
export class AuthClient {
  readonly wire: WireClient;
  #login: AuthLogin;
  #plugin = '';
  #nonce: Buffer = Buffer.alloc(0);
  #keyAsked = false;
  #sent = 0;
  /** The plugins that were used, in their order. */
  readonly plugins: string[] = [];
  /** The RSA key the server sent. */
  publicKey = '';
  /** The text of its ERR. */
  lastWords = '';

  private constructor(wire: WireClient, login: AuthLogin) {
    this.wire = wire;
    this.#login = login;
  }

  /** Connects and speaks up to the server's last word. `in`, the number of the ERR, or what this client gave up at. */
  static async login(login: AuthLogin): Promise<{ client: AuthClient; how: string }> {
    const wire = await WireClient.dial(login.port, '127.0.0.1', login.localAddress);
    const client = new AuthClient(wire, login);
    await wire.greeted();
    const capabilities = login.plugin === undefined ? CAPS.plain & ~PLUGIN_AUTH : CAPS.plain;
    const common = { port: login.port, capabilities, database: '', tls: login.tls === true };
    if (login.tls === true) await wire.startTls(common);
    const answer = client.#begin(login.plugin ?? 'mysql_native_password', wire.nonce, login.dummy === true);
    const name = login.plugin === undefined ? '' : `${login.plugin}\0`;
    const head = wire.loginPayload({ ...common, user: '', password: '' }).subarray(0, 32);
    const payload = Buffer.concat([head, Buffer.from(`${login.user}\0`), Buffer.of(answer.length), answer, Buffer.from(name)]);
    client.#send(payload, login.tls === true ? 2 : 1);
    return { client, how: await client.answerAll() };
  }

  /** The same, and then what the server says one is: `in` only if that is the account. */
  static async tryOut(login: AuthLogin): Promise<string> {
    const { client, how } = await AuthClient.login(login);
    try {
      if (how !== 'in') return how;
      const me = await client.wire.value('SELECT CURRENT_USER()').catch((error: Error) => error.message);
      return me?.startsWith(`${login.user}@`) === true ? 'in' : `in as ${me}`;
    } finally {
      client.wire.close();
    }
  }

  /** COM_CHANGE_USER by hand: to another account, naming a plugin as in a login. `nonce`: the first answer is made with this one. */
  async changeUser(to: Pick<AuthLogin, 'user' | 'password' | 'plugin' | 'dummy'>, nonce = this.#nonce.subarray(0, 20)): Promise<string> {
    this.#login = { ...this.#login, ...to };
    try {
      const answer = this.#begin(to.plugin ?? 'mysql_native_password', nonce, to.dummy === true);
      // No database; collation 45, which is a minus sign.
      const rest = Buffer.from(`\0${to.plugin === undefined ? '' : `-\0${to.plugin}\0`}`, 'latin1');
      const head = Buffer.concat([Buffer.of(0x11), Buffer.from(`${to.user}\0`), Buffer.of(answer.length), answer]);
      this.wire.send(frameOf(Buffer.concat([head, rest]), 0));
    } catch (error) {
      if (error instanceof GivesUp) return `gives up at ${error.message}`;
      throw error;
    }
    return await this.answerAll();
  }

  #begin(plugin: string, nonce: Buffer, dummy: boolean): Buffer {
    this.#plugin = plugin;
    this.#nonce = nonce;
    this.#keyAsked = false;
    this.plugins.push(plugin);
    return dummy ? Buffer.alloc(0) : this.#first();
  }

  #first(): Buffer {
    const { password, tls, asksForKey } = this.#login;
    this.#keyAsked = this.#plugin === 'sha256_password' && tls !== true && password !== '';
    if (this.#keyAsked && asksForKey === false) throw new GivesUp('key');
    return firstAnswer(this.#plugin, password, this.#nonce, tls === true);
  }

  /** Answers what the server asks until it says OK or ERR. */
  async answerAll(): Promise<string> {
    try {
      for (;;) {
        const frame = await this.wire.frame(this.#login.limitMs);
        const kind = frame[HEADER];
        if (kind === 0x00) return 'in';
        if (kind === 0xff) {
          const error = errorOf(frame);
          this.lastWords = error?.message ?? '';
          return String(error?.code);
        }
        const answer = kind === 0xfe ? this.#switched(frame.subarray(HEADER + 1)) : this.#more(frame.subarray(HEADER + 1));
        if (answer !== undefined) this.#send(answer, (frame[3] as number) + 1);
      }
    } catch (error) {
      return error instanceof GivesUp ? `gives up at ${error.message}` : `${(error as Error).message}`;
    }
  }

  #send(payload: Buffer, sequence: number): void {
    const altered = this.#login.alter?.(payload, this.#sent, this.#nonce) ?? payload;
    this.#sent += 1;
    const all = Buffer.isBuffer(altered) ? [altered] : altered;
    for (const [index, one] of all.entries()) this.wire.send(frameOf(one, sequence + index));
  }

  #switched(body: Buffer): Buffer {
    const end = body.indexOf(0);
    const plugin = body.toString('latin1', 0, end);
    if (!(this.#login.speaks ?? ALL).includes(plugin)) throw new GivesUp(plugin);
    const data = body.subarray(end + 1);
    // A NUL ends the nonce everywhere but with ed25519.
    return this.#begin(plugin, plugin === 'client_ed25519' ? data : data.subarray(0, 20), false);
  }

  #more(body: Buffer): Buffer | undefined {
    const { password, tls, asksForKey } = this.#login;
    if (this.#keyAsked) {
      this.publicKey = body.toString('latin1');
      return rsaAnswer(password, this.#nonce, this.publicKey);
    }
    if (this.#plugin !== 'caching_sha2_password') throw new GivesUp(`a packet ${body.toString('hex')}`);
    if (body[0] === 3) return undefined;
    if (tls === true) return Buffer.from(`${password}\0`);
    if (asksForKey === false) throw new GivesUp('key');
    this.#keyAsked = true;
    return Buffer.of(2);
  }
}

class GivesUp extends Error {}
