import type { LentAnswer } from '../protocol/auth/lent-answer.js';
import type { Credential, Secret } from '../protocol/auth/secret.js';
import type { ErrPacket } from '../protocol/err.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { Account } from './account.js';
import { AuthExchange, type AuthStep } from './auth-exchange.js';
import type { CertificateVerdict } from './certificate-rule.js';
import { decoy } from './decoy.js';
import type { Inquiry, InquiryEvents, LoginWish } from './inquiry.js';
import { accessDenied, tooManyFailures } from './login-errors.js';
import type { LoginThrottle } from './login-throttle.js';
import type { RsaKey } from './rsa-key.js';

/** What all proofs of a listener are judged by. `C`: a connection that a server let in. */
export interface ProofOptions<C> {
  readonly rsaKey: RsaKey;
  readonly throttle: LoginThrottle;
  /** mysql_clear_password is taken even where others may listen in. */
  readonly clearTextAllowed: boolean;
  /** For learnable accounts: what earlier logins of the group proved, or what the servers keep of the account now. Never rejects. */
  learn(user: string, from: 'group' | 'servers'): Promise<readonly Secret[]>;
  /** For learnable accounts: opens a login at a server in the client's name. */
  inquire(wish: LoginWish, events: InquiryEvents<C>): Inquiry;
}

export interface ProofRequest {
  readonly wish: LoginWish;
  /** Undefined: nobody of that name may come from there. */
  readonly account: Account | undefined;
  /** What the client's certificate means for it. */
  readonly certificate: CertificateVerdict;
  readonly nonce: Buffer;
  readonly defaultPlugin: string;
  readonly secure: boolean;
  readonly canSwitch: boolean;
  readonly firstAnswerCounts: boolean;
  readonly keepsNonce: boolean;
}

/** Whoever talks to the client. `accepted` or `refused` is called once, last. */
export interface ProofOwner<C> {
  send(payload: Buffer): void;
  /**
   * @param credentials what servers are to be dialled with, the proven one first; none: only `connection` is proven
   * @param connection of the server that judged; undefined where nobody had to be asked
   */
  accepted(credentials: readonly Credential[], connection: C | undefined): void;
  /** @param reason for the log; the client hears no more than the error */
  refused(error: ErrPacket, reason: string): void;
}

/**
 * "Access denied" comes no earlier than this after the client's answer, whether the account exists or not and whoever decided: how long it took
 * shall not tell which accounts there are.
 */
const EARLIEST_DENIAL_MS = 150;

/** One client proving itself: drives the exchange, fetches what it needs, asks a server where that is the only way. */
export class Proof<C> {
  readonly #request: ProofRequest;
  readonly #options: ProofOptions<C>;
  readonly #owner: ProofOwner<C>;
  readonly #exchange: AuthExchange;
  readonly #account: Account | undefined;
  #inquiry: Inquiry | undefined;
  #told: Credential | undefined;
  #denial: NodeJS.Timeout | undefined;
  #answeredAtMs = 0;
  #ended = false;
  /** This try is counted as a failure until it is none. */
  #prepaid = false;
  /** A packet of the client is due. */
  awaitsClient = false;

  constructor(request: ProofRequest, options: ProofOptions<C>, owner: ProofOwner<C>) {
    this.#request = request;
    this.#options = options;
    this.#owner = owner;
    const { wish, certificate, nonce, ...rest } = request;
    // Without the right certificate like somebody unknown: nothing tells whether the account exists or the password was right.
    this.#account = certificate.kind === 'refuse' ? undefined : request.account;
    this.#exchange = new AuthExchange(
      { ...rest, account: this.#account ?? decoy(wish.user), rsaKey: options.rsaKey, clearTextAllowed: options.clearTextAllowed },
      nonce,
    );
  }

  get plugin(): string {
    return this.#exchange.plugin;
  }

  get nonce(): Buffer {
    return this.#exchange.nonce;
  }

  /** The client's certificate was enough: its password was not looked at. */
  get byCertificate(): boolean {
    return this.#request.certificate.kind === 'enough';
  }

  start(plugin: string, answer: Buffer): void {
    const { user, clientAddress } = this.#request.wish;
    const waitMs = this.#options.throttle.waitMs(clientAddress, user);
    if (waitMs > 0) return this.#refuse(tooManyFailures(user, clientAddress, waitMs));
    this.#prepaid = this.#options.throttle.prepay(clientAddress, user);
    this.#answeredAtMs = performance.now();
    this.#run(() => (this.byCertificate ? this.#exchange.startProven(plugin, answer) : this.#exchange.start(plugin, answer)));
  }

  /** A packet of the client. */
  next(payload: Buffer): void {
    this.#answeredAtMs = performance.now();
    this.#run(() => this.#exchange.next(payload));
  }

  /** The client is gone, or its owner is through with it. */
  abandon(): void {
    this.#ended = true;
    clearTimeout(this.#denial);
    this.#inquiry?.abandon();
  }

  #run(step: () => AuthStep): void {
    if (this.#ended) return;
    this.awaitsClient = false;
    try {
      this.#step(step());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // In the middle of the proof nonsense is a wrong answer: what cannot be decrypted is no password.
      this.#deny();
    }
  }

  #step(step: AuthStep): void {
    switch (step.act) {
      case 'send':
        this.awaitsClient = true;
        this.#owner.send(step.payload);
        return;
      case 'wait-for-key':
        this.#options.rsaKey.whenReady(() => this.#run(() => this.#exchange.keyReady()));
        return;
      case 'accept':
        if (step.payload !== undefined) this.#owner.send(step.payload);
        this.#accept(step.credential);
        return;
      case 'learn':
        void this.#options.learn(this.#request.wish.user, step.from).then((secrets) => this.#run(() => this.#exchange.learned(secrets)));
        return;
      case 'inquire':
        this.#inquire();
        return;
      case 'tell':
        this.#tell(step.answer);
        return;
      case 'deny':
        this.#deny();
    }
  }

  #inquire(): void {
    this.#inquiry = this.#options.inquire(this.#request.wish, {
      asked: (plugin, data) => this.#run(() => this.#exchange.asked(plugin, data)),
      more: (payload) => {
        // The first factor alone opens no other server.
        this.#told = undefined;
        this.#run(() => this.#exchange.more(payload));
      },
      ended: (outcome) => {
        this.#inquiry = undefined;
        if ('connection' in outcome) this.#accepted(this.#told === undefined ? [] : [this.#told], outcome.connection);
        // Where it came from is our business, not the client's: the server saw our address, and says the same of accounts it does not have.
        else if (outcome.err.code === ACCESS_DENIED) this.#deny();
        else this.#refuse(outcome.err);
      },
    });
  }

  #tell(answer: LentAnswer): void {
    if (answer.kind !== 'raw') this.#told = answer;
    this.#inquiry?.answer(answer);
  }

  #accept(proven: Credential): void {
    const account = this.#account;
    // The decoy's secret was guessed: as likely as guessing 16 random bytes, but it must not open the door.
    if (account === undefined) return this.#deny();
    // Another password of the same account may be the one that some servers still have, or already have.
    const others = account.secrets.filter((secret) => secret.kind === 'clear').filter((secret) => !isSame(secret, proven));
    this.#accepted([proven, ...others], undefined);
  }

  #accepted(credentials: readonly Credential[], connection: C | undefined): void {
    const { user, clientAddress } = this.#request.wish;
    this.#options.throttle.succeeded(clientAddress, user);
    this.#ended = true;
    this.#owner.accepted(credentials, connection);
  }

  #deny(): void {
    const { user, clientAddress } = this.#request.wish;
    this.#inquiry?.abandon();
    if (!this.#prepaid) this.#options.throttle.failed(clientAddress, user);
    const waitMs = this.#answeredAtMs + EARLIEST_DENIAL_MS - performance.now();
    this.#ended = true;
    const error = accessDenied(user, clientAddress, this.#exchange.usedPassword);
    const { certificate } = this.#request;
    const reason = certificate.kind === 'refuse' ? certificate.reason : error.message;
    this.#denial = setTimeout(() => this.#owner.refused(error, reason), Math.max(0, waitMs));
  }

  #refuse(error: ErrPacket): void {
    this.#ended = true;
    this.#owner.refused(error, error.message);
  }
}

const ACCESS_DENIED = 1045;

function isSame(left: Credential, right: Credential): boolean {
  return left.kind === 'clear' && right.kind === 'clear' && left.password === right.password;
}
