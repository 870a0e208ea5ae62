import type { FrameHandler, PacketSocket } from '../net/packet-socket.js';
import type { SocketError } from '../net/socket-error.js';
import { NATIVE_PASSWORD } from '../protocol/auth/native-password.js';
import { createNonce } from '../protocol/auth/nonce.js';
import type { Credential } from '../protocol/auth/secret.js';
import { Capability, has } from '../protocol/capabilities.js';
import { type ErrPacket, encodeErr } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE, sequenceId } from '../protocol/frame.js';
import { encodeGreeting } from '../protocol/greeting.js';
import { decodeHandshakeResponse, type HandshakeResponse } from '../protocol/handshake-response.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { asksForTls, decodeSslRequest, SSL_REQUEST_SIZE } from '../protocol/ssl-request.js';
import { StatusFlag } from '../protocol/status-flags.js';
import type { Account, FindAccount } from './account.js';
import { certificateProof } from './certificate-proof.js';
import { judgeCertificate } from './certificate-rule.js';
import {
  type GreetingTemplate,
  greetingPlugin,
  OFFERED_CAPABILITIES,
  OFFERED_COMPRESSION,
  OFFERED_MARIADB_CAPABILITIES,
  REQUIRED_CAPABILITIES,
} from './greeting-template.js';
import { type ListenerTls, serverTlsOptions } from './listener-tls.js';
import { BAD_HANDSHAKE, INSECURE_TRANSPORT, OLD_CLIENT, OUT_OF_ORDER, READ_TIMEOUT } from './login-errors.js';
import type { LoggedIn, LoginFailure, LoginFailureKind } from './login-result.js';
import { Proof, type ProofOptions } from './proof.js';

/** One object for all logins of a listener. */
export interface LoginOptions<A extends Account = Account, C = unknown> extends ProofOptions<C> {
  readonly account: FindAccount<A>;
  readonly tls: ListenerTls;
  /** For the whole login, from the greeting to the proof. */
  readonly handshakeTimeoutMs: number;
}

type Phase = 'response' | 'tls' | 'auth' | 'done';

/** How often a login whose time is over looks whether it is the client's turn. */
const PATIENCE_MS = 500;

/** A handshake response with 64 KiB of connect attributes fits; nothing else before the login is as large. */
const LARGEST_LOGIN_PACKET = 128 * 1024;

/**
 * The server's side of one login: greets, reads, proves, and gives the client to its owner, who then sends the final OK. A client that fails
 * has been answered when `done` is called. Set no handler before that: the login sets itself.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html
 */
export class ClientLogin<A extends Account = Account, C = unknown> implements FrameHandler {
  readonly #packets: PacketSocket;
  readonly #options: LoginOptions<A, C>;
  readonly #done: (outcome: LoggedIn<A, C> | LoginFailure) => void;
  #timer: NodeJS.Timeout;
  readonly #offered: number;
  readonly #offeredMariadb: number;
  readonly #plugin: string;
  readonly #serverVersion: string;
  readonly #nonce = createNonce();
  #phase: Phase = 'response';
  /** The sequence id the client's next packet must have. */
  #sequence = 1;
  /** What the client said, as far as it said anything; forms our ERR packets. */
  #capabilities = 0;
  #response: HandshakeResponse | undefined;
  #account: A | undefined;
  #proof: Proof<C> | undefined;

  constructor(
    packets: PacketSocket,
    connectionId: number,
    template: GreetingTemplate,
    options: LoginOptions<A, C>,
    done: (outcome: LoggedIn<A, C> | LoginFailure) => void,
  ) {
    this.#packets = packets;
    this.#options = options;
    this.#done = done;
    this.#serverVersion = template.serverVersion;
    this.#plugin = greetingPlugin(template.serverVersion);
    const ssl = options.tls.mode === 'off' ? 0 : Capability.SSL;
    this.#offered = ((template.capabilities & OFFERED_CAPABILITIES) | REQUIRED_CAPABILITIES | OFFERED_COMPRESSION | ssl) >>> 0;
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
    else if (this.#proof?.awaitsClient === true) this.#proof.next(payload);
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
    const plugin = response.authPlugin ?? NATIVE_PASSWORD;
    const canSwitch = has(response.capabilities, Capability.PLUGIN_AUTH);
    this.#proof = new Proof(
      {
        wish: {
          user: response.user,
          database: this.#database(response),
          capabilities: (response.capabilities & this.#offered) >>> 0,
          mariadbCapabilities: response.mariadbCapabilities & this.#offeredMariadb,
          charset: response.charset,
          maxPacketSize: response.maxPacketSize,
          attributes: response.attributes ?? [],
          usesTls: this.#packets.encrypted,
          clientAddress: this.#packets.remoteAddress,
          client: this.#packets.endpoints,
        },
        account: this.#account,
        certificate: judgeCertificate(this.#packets, this.#options.tls, this.#account?.certificate),
        nonce: this.#nonce,
        defaultPlugin: this.#plugin,
        secure: this.#packets.encrypted || this.#packets.local,
        canSwitch,
        firstAnswerCounts: plugin === this.#plugin || !canSwitch,
        keepsNonce: false,
      },
      this.#options,
      {
        send: (packet) => this.#send(packet),
        accepted: (credentials, connection) => this.#accept(response, credentials, connection),
        refused: (error, reason) => this.#refuse(error, 'denied', reason, response.user),
      },
    );
    this.#proof.start(plugin, response.authResponse);
  }

  #database(response: HandshakeResponse): string | undefined {
    return has(response.capabilities, Capability.CONNECT_WITH_DB) && response.database !== '' ? response.database : undefined;
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

  #accept(response: HandshakeResponse, credentials: readonly Credential[], connection: C | undefined): void {
    const proof = this.#proof as Proof<C>;
    this.#finish();
    this.#packets.expectAnything();
    this.#done({
      kind: 'logged-in',
      user: response.user,
      // Without an account nothing is accepted.
      account: this.#account as A,
      credentials,
      connection,
      database: this.#database(response),
      capabilities: (response.capabilities & this.#offered) >>> 0,
      mariadbCapabilities: response.mariadbCapabilities & this.#offeredMariadb,
      charset: response.charset,
      maxPacketSize: response.maxPacketSize,
      attributes: response.attributes ?? [],
      plugin: proof.plugin,
      nonce: proof.nonce,
      nextSequenceId: this.#sequence,
      certificateProof: certificateProof(this.#packets, {
        serverVersion: this.#serverVersion,
        plugin: proof.plugin,
        greetingNonce: this.#nonce,
        nonce: proof.nonce,
        // Who only showed a certificate of his own may not know the password, and shall get nothing to guess it with.
        credential: proof.byCertificate ? undefined : credentials[0],
      }),
      packets: this.#packets,
    });
  }

  #malformed(error: ProtocolError): void {
    const old = error.code === 'PM_PROTOCOL_UNSUPPORTED';
    this.#refuse(old ? OLD_CLIENT : BAD_HANDSHAKE, 'bad-handshake', error.message);
  }

  #timeOut(): void {
    // A server is being waited for, which has limits of its own; the client has done its part.
    if (this.#phase === 'auth' && this.#proof?.awaitsClient === false) {
      this.#timer = setTimeout(() => this.#timeOut(), PATIENCE_MS);
      return;
    }
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
    this.#proof?.abandon();
    const clientAddress = this.#packets.remoteAddress;
    this.#done({ kind, user, clientAddress, message, ...(error !== undefined && { error }) });
  }

  #finish(): void {
    this.#phase = 'done';
    clearTimeout(this.#timer);
  }
}
