import type { FrameHandler, PacketSocket } from '../net/packet-socket.js';
import type { SocketError } from '../net/socket-error.js';
import { NATIVE_PASSWORD } from '../protocol/auth/native-password.js';
import { createNonce } from '../protocol/auth/nonce.js';
import { Capability, has } from '../protocol/capabilities.js';
import { type ErrPacket, encodeErr } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE, sequenceId } from '../protocol/frame.js';
import { encodeGreeting } from '../protocol/greeting.js';
import { decodeHandshakeResponse, type HandshakeResponse } from '../protocol/handshake-response.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { asksForTls, decodeSslRequest, SSL_REQUEST_SIZE } from '../protocol/ssl-request.js';
import { StatusFlag } from '../protocol/status-flags.js';
import type { Account, FindAccount } from './account.js';
import { AuthExchange, type AuthStep } from './auth-exchange.js';
import { judgeCertificate } from './certificate-rule.js';
import { decoy } from './decoy.js';
import {
  type GreetingTemplate,
  greetingPlugin,
  OFFERED_CAPABILITIES,
  OFFERED_MARIADB_CAPABILITIES,
  REQUIRED_CAPABILITIES,
} from './greeting-template.js';
import { type ListenerTls, serverTlsOptions } from './listener-tls.js';
import { accessDenied, BAD_HANDSHAKE, INSECURE_TRANSPORT, OLD_CLIENT, OUT_OF_ORDER, READ_TIMEOUT } from './login-errors.js';
import type { LoggedIn, LoginFailure, LoginFailureKind } from './login-result.js';
import type { RsaKey } from './rsa-key.js';

/** One object for all logins of a listener. */
export interface LoginOptions<A extends Account = Account> {
  readonly account: FindAccount<A>;
  readonly tls: ListenerTls;
  readonly rsaKey: RsaKey;
  /** For the whole login, from the greeting to the proof. */
  readonly handshakeTimeoutMs: number;
}

type Phase = 'response' | 'tls' | 'auth' | 'key' | 'done';

/** A handshake response with 64 KiB of connect attributes fits; nothing else before the login is as large. */
const LARGEST_LOGIN_PACKET = 128 * 1024;

/**
 * The server's side of one login: greets, reads, proves, and gives the client to its owner, who then sends the final OK. A client that fails
 * has been answered when `done` is called. Set no handler before that: the login sets itself.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html
 */
export class ClientLogin<A extends Account = Account> implements FrameHandler {
  readonly #packets: PacketSocket;
  readonly #options: LoginOptions<A>;
  readonly #done: (outcome: LoggedIn<A> | LoginFailure) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #offered: number;
  readonly #offeredMariadb: number;
  readonly #plugin: string;
  readonly #nonce = createNonce();
  #phase: Phase = 'response';
  /** The sequence id the client's next packet must have. */
  #sequence = 1;
  /** What the client said, as far as it said anything; forms our ERR packets. */
  #capabilities = 0;
  #response: HandshakeResponse | undefined;
  #account: A | undefined;
  #exchange: AuthExchange | undefined;
  /** Why the client's certificate does not do; for the log. */
  #refusal: string | undefined;

  constructor(
    packets: PacketSocket,
    connectionId: number,
    template: GreetingTemplate,
    options: LoginOptions<A>,
    done: (outcome: LoggedIn<A> | LoginFailure) => void,
  ) {
    this.#packets = packets;
    this.#options = options;
    this.#done = done;
    this.#plugin = greetingPlugin(template.serverVersion);
    const ssl = options.tls.mode === 'off' ? 0 : Capability.SSL;
    this.#offered = ((template.capabilities & OFFERED_CAPABILITIES) | REQUIRED_CAPABILITIES | ssl) >>> 0;
    this.#offeredMariadb = has(this.#offered, Capability.LONG_PASSWORD) ? 0 : template.mariadbCapabilities & OFFERED_MARIADB_CAPABILITIES;
    this.#timer = setTimeout(() => this.#timeOut(), options.handshakeTimeoutMs);
    packets.handler = this;
    packets.expectAtMost(LARGEST_LOGIN_PACKET);
    packets.write(encodeFrames(this.#greeting(connectionId, template), 0));
  }

  /** Ends the login from outside, with an ERR if there still is a way to send one: the process shuts down, say. */
  abort(error: ErrPacket, kind: LoginFailureKind, message: string): void {
    if (this.#phase !== 'done') this.#refuse(error, kind, message);
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    if (sequenceId(chunk, start) !== this.#sequence) {
      this.#refuse(OUT_OF_ORDER, 'bad-handshake', `sequence id ${sequenceId(chunk, start)} instead of ${this.#sequence}`);
      return;
    }
    this.#sequence = (this.#sequence + 1) & 0xff;
    try {
      this.#payload(chunk.subarray(start + HEADER_SIZE, end));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#malformed(error);
    }
  }

  onPart(chunk: Buffer, start: number, _end: number, _first: boolean, _last: boolean): void {
    const wrongSequence = sequenceId(chunk, start) !== this.#sequence;
    this.#refuse(wrongSequence ? OUT_OF_ORDER : BAD_HANDSHAKE, 'bad-handshake', 'the packet is larger than any login');
  }

  onBatchEnd(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.#fail('gone', 'the client closed the connection');
    this.#packets.end();
  }

  onClose(error: SocketError | undefined): void {
    const kind = this.#phase === 'tls' && error !== undefined ? 'tls' : 'gone';
    this.#fail(kind, error?.message ?? 'the connection was closed', error);
  }

  #greeting(connectionId: number, template: GreetingTemplate): Buffer {
    return encodeGreeting({
      protocolVersion: 10,
      serverVersion: template.serverVersion,
      connectionId,
      authData: this.#nonce,
      capabilities: this.#offered,
      mariadbCapabilities: this.#offeredMariadb,
      charset: template.charset,
      statusFlags: StatusFlag.AUTOCOMMIT,
      authPlugin: this.#plugin,
    });
  }

  #payload(payload: Buffer): void {
    if (this.#phase === 'response') this.#onResponse(payload);
    else if (this.#phase === 'auth') this.#step((this.#exchange as AuthExchange).next(payload));
    else this.#refuse(BAD_HANDSHAKE, 'bad-handshake', 'a packet that was not asked for');
  }

  #onResponse(payload: Buffer): void {
    if (asksForTls(payload) && !this.#packets.encrypted) {
      this.#startTls(payload);
      return;
    }
    const response = decodeHandshakeResponse(payload);
    this.#capabilities = response.capabilities;
    if (this.#options.tls.mode === 'require' && !this.#packets.encrypted && !this.#packets.local) {
      this.#refuse(INSECURE_TRANSPORT, 'insecure', 'a login without TLS, which this listener requires', response.user);
      return;
    }
    if (!has(response.capabilities, Capability.SECURE_CONNECTION)) {
      this.#refuse(OLD_CLIENT, 'bad-handshake', 'the client only knows the passwords of MySQL 4.0', response.user);
      return;
    }
    this.#phase = 'auth';
    this.#response = response;
    this.#account = this.#options.account(response.user, this.#packets.remoteAddress);
    const certificate = judgeCertificate(this.#packets, this.#options.tls, this.#account?.certificate);
    if (certificate.kind === 'refuse') {
      // From here on like somebody unknown: nothing tells whether the account exists or the password was right.
      this.#account = undefined;
      this.#refusal = certificate.reason;
    }
    const plugin = response.authPlugin ?? NATIVE_PASSWORD;
    this.#exchange = new AuthExchange(
      {
        account: this.#account ?? decoy(response.user),
        defaultPlugin: this.#plugin,
        secure: this.#packets.encrypted || this.#packets.local,
        rsaKey: this.#options.rsaKey,
        canSwitch: has(response.capabilities, Capability.PLUGIN_AUTH),
        firstAnswerCounts: plugin === this.#plugin || !has(response.capabilities, Capability.PLUGIN_AUTH),
      },
      this.#nonce,
    );
    if (certificate.kind === 'enough') this.#step(this.#exchange.startProven(plugin, response.authResponse));
    else this.#step(this.#exchange.start(plugin, response.authResponse));
  }

  #startTls(payload: Buffer): void {
    const { tls } = this.#options;
    this.#capabilities = decodeSslRequest(payload).capabilities;
    if (tls.mode === 'off' || payload.length > SSL_REQUEST_SIZE) {
      this.#refuse(BAD_HANDSHAKE, 'bad-handshake', tls.mode === 'off' ? 'TLS asked for, but not offered' : 'bytes behind the SSLRequest');
      return;
    }
    this.#phase = 'tls';
    this.#packets.startServerTls(serverTlsOptions(tls), () => {
      if (this.#phase === 'tls') this.#phase = 'response';
    });
  }

  #step(step: AuthStep): void {
    switch (step.act) {
      case 'send':
        this.#phase = 'auth';
        this.#send(step.payload);
        return;
      case 'wait-for-key':
        this.#phase = 'key';
        this.#options.rsaKey.whenReady(() => {
          if (this.#phase === 'key') this.#step((this.#exchange as AuthExchange).keyReady());
        });
        return;
      case 'accept':
        if (step.payload !== undefined) this.#send(step.payload);
        this.#accept();
        return;
      case 'deny':
        this.#deny();
    }
  }

  #accept(): void {
    const account = this.#account;
    const response = this.#response as HandshakeResponse;
    const exchange = this.#exchange as AuthExchange;
    if (account === undefined) {
      // The decoy's secret was guessed: as likely as guessing 16 random bytes, but it must not open the door.
      this.#deny();
      return;
    }
    this.#finish();
    this.#packets.expectAnything();
    this.#done({
      kind: 'logged-in',
      user: response.user,
      account,
      password: exchange.password,
      database: has(response.capabilities, Capability.CONNECT_WITH_DB) && response.database !== '' ? response.database : undefined,
      capabilities: (response.capabilities & this.#offered) >>> 0,
      mariadbCapabilities: response.mariadbCapabilities & this.#offeredMariadb,
      charset: response.charset,
      maxPacketSize: response.maxPacketSize,
      attributes: response.attributes ?? [],
      plugin: exchange.plugin,
      nonce: exchange.nonce,
      nextSequenceId: this.#sequence,
      packets: this.#packets,
    });
  }

  #deny(): void {
    const user = this.#response?.user ?? '';
    const error = accessDenied(user, this.#packets.remoteAddress, this.#exchange?.usedPassword ?? false);
    this.#refuse(error, 'denied', this.#refusal ?? error.message, user);
  }

  #malformed(error: ProtocolError): void {
    const old = error.code === 'PM_PROTOCOL_UNSUPPORTED';
    if (this.#phase === 'response') this.#refuse(old ? OLD_CLIENT : BAD_HANDSHAKE, 'bad-handshake', error.message);
    // In the middle of the proof nonsense is a wrong answer: what cannot be decrypted is no password.
    else this.#deny();
  }

  #timeOut(): void {
    if (this.#phase === 'tls') {
      // Nothing can be said in the middle of a TLS handshake.
      this.#fail('timeout', 'no TLS handshake in time');
      this.#packets.destroy();
    } else this.#refuse(READ_TIMEOUT, 'timeout', 'no login in time');
  }

  #send(payload: Buffer): void {
    this.#packets.write(encodeFrames(payload, this.#sequence));
    this.#sequence = (this.#sequence + 1) & 0xff;
  }

  #refuse(error: ErrPacket, kind: LoginFailureKind, message: string, user?: string): void {
    if (this.#phase === 'done') return;
    if (this.#phase === 'tls') {
      this.#packets.destroy();
    } else {
      // Servers give the SQLSTATE with this one whatever the client said or failed to say.
      const capabilities = error === BAD_HANDSHAKE ? Capability.PROTOCOL_41 : this.#capabilities;
      this.#packets.end(encodeFrames(encodeErr(error, capabilities), this.#sequence));
    }
    this.#fail(kind, message, undefined, user);
  }

  #fail(kind: LoginFailureKind, message: string, error?: SocketError, user = this.#response?.user): void {
    if (this.#phase === 'done') return;
    this.#finish();
    const clientAddress = this.#packets.remoteAddress;
    this.#done({ kind, user, clientAddress, message, ...(error !== undefined && { error }) });
  }

  #finish(): void {
    this.#phase = 'done';
    clearTimeout(this.#timer);
  }
}
