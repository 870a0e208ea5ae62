import type { FrameHandler, PacketSocket } from '../net/packet-socket.js';
import type { SocketError } from '../net/socket-error.js';
import { NATIVE_PASSWORD } from '../protocol/auth/native-password.js';
import type { Credential } from '../protocol/auth/secret.js';
import { Capability, has } from '../protocol/capabilities.js';
import { type ChangeUserRequest, decodeChangeUser } from '../protocol/commands/change-user.js';
import { type ErrPacket, encodeErr } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE, sequenceId } from '../protocol/frame.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { Account } from './account.js';
import { judgeCertificate } from './certificate-rule.js';
import type { LoginOptions } from './login.js';
import { BAD_HANDSHAKE, OUT_OF_ORDER, READ_TIMEOUT } from './login-errors.js';
import type { ChangedUser, LoginFailure, LoginFailureKind } from './login-result.js';
import { Proof } from './proof.js';

/** What a session knows from its login and needs to judge a COM_CHANGE_USER. */
export interface LoggedInClient {
  readonly packets: PacketSocket;
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Of the login; a change of user may name another. */
  readonly charset: number;
  readonly maxPacketSize: number;
  readonly attributes: readonly (readonly [string, string])[];
  /** Of the last login or change of user: clients answer with it once more. */
  readonly nonce: Buffer;
  /** The client has sent further commands already, so no answer of its can be the next packet. */
  readonly hasSentMore: boolean;
  /** Sequence id of the COM_CHANGE_USER packet. */
  readonly sequenceId: number;
}

/** How often an exchange whose time is over looks whether it is the client's turn. */
const PATIENCE_MS = 500;

/** Answers larger than an RSA block come from nobody who means well. */
const LARGEST_ANSWER = 16 * 1024;

/**
 * Proves a COM_CHANGE_USER, given as payload. The client may have to be switched to its plugin with a fresh nonce, so `packets.handler` is
 * taken: set it again inside `done`, which is called once, maybe before this returns. After success the owner sends the OK; a client that
 * fails has its ERR and is closed, as MySQL does it.
 */
export function changeUser<A extends Account, C>(
  client: LoggedInClient,
  payload: Buffer,
  options: LoginOptions<A, C>,
  done: (outcome: ChangedUser<A, C> | LoginFailure) => void,
): void {
  new ChangeUser(client, options, done).start(payload);
}

class ChangeUser<A extends Account, C> implements FrameHandler {
  readonly #client: LoggedInClient;
  readonly #options: LoginOptions<A, C>;
  readonly #done: (outcome: ChangedUser<A, C> | LoginFailure) => void;
  #timer: NodeJS.Timeout;
  #sequence: number;
  #request: ChangeUserRequest | undefined;
  #account: A | undefined;
  #proof: Proof<C> | undefined;
  #finished = false;

  constructor(client: LoggedInClient, options: LoginOptions<A, C>, done: (outcome: ChangedUser<A, C> | LoginFailure) => void) {
    this.#client = client;
    this.#options = options;
    this.#done = done;
    this.#sequence = (client.sequenceId + 1) & 0xff;
    this.#timer = setTimeout(() => this.#timeOut(), options.handshakeTimeoutMs);
    client.packets.handler = this;
    client.packets.expectAtMost(LARGEST_ANSWER);
  }

  start(payload: Buffer): void {
    this.#guarded(() => {
      const { packets, capabilities, nonce } = this.#client;
      const request = decodeChangeUser(payload, capabilities);
      this.#request = request;
      this.#account = this.#options.account(request.user, packets.remoteAddress);
      const canSwitch = has(capabilities, Capability.PLUGIN_AUTH);
      this.#proof = new Proof(
        {
          wish: {
            user: request.user,
            database: request.database === '' ? undefined : request.database,
            capabilities,
            mariadbCapabilities: this.#client.mariadbCapabilities,
            charset: request.charset ?? this.#client.charset,
            maxPacketSize: this.#client.maxPacketSize,
            attributes: request.attributes ?? this.#client.attributes,
            usesTls: packets.encrypted,
            clientAddress: packets.remoteAddress,
            client: packets.endpoints,
          },
          account: this.#account,
          certificate: judgeCertificate(packets, this.#options.tls, this.#account?.certificate),
          nonce,
          defaultPlugin: NATIVE_PASSWORD,
          secure: packets.encrypted || packets.local,
          canSwitch,
          firstAnswerCounts: !canSwitch,
          keepsNonce: true,
        },
        this.#options,
        {
          send: (packet) => this.#ask(packet),
          accepted: (credentials, connection) => this.#accept(request, credentials, connection),
          refused: (error, reason) => this.#refuse(error, 'denied', reason),
        },
      );
      this.#proof.start(request.authPlugin ?? NATIVE_PASSWORD, request.authResponse);
    });
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    if (sequenceId(chunk, start) !== this.#sequence) {
      this.#refuse(OUT_OF_ORDER, 'bad-handshake', `sequence id ${sequenceId(chunk, start)} instead of ${this.#sequence}`);
      return;
    }
    this.#sequence = (this.#sequence + 1) & 0xff;
    if (this.#proof?.awaitsClient !== true) {
      this.#refuse(BAD_HANDSHAKE, 'bad-handshake', 'a packet that was not asked for');
      return;
    }
    this.#proof.next(chunk.subarray(start + HEADER_SIZE, end));
  }

  onPart(): void {
    this.#refuse(BAD_HANDSHAKE, 'bad-handshake', 'the packet is larger than any answer');
  }

  onBatchEnd(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.#fail('gone', 'the client closed the connection');
    this.#client.packets.end();
  }

  onClose(error: SocketError | undefined): void {
    this.#fail('gone', error?.message ?? 'the connection was closed', error);
  }

  #timeOut(): void {
    // A server is being waited for, which has limits of its own; the client has done its part.
    if (this.#proof?.awaitsClient === false) this.#timer = setTimeout(() => this.#timeOut(), PATIENCE_MS);
    else this.#refuse(READ_TIMEOUT, 'timeout', 'no answer in time');
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(BAD_HANDSHAKE, 'bad-handshake', error.message);
    }
  }

  #accept(request: ChangeUserRequest, credentials: readonly Credential[], connection: C | undefined): void {
    const proof = this.#proof as Proof<C>;
    this.#finish();
    this.#done({
      kind: 'changed',
      user: request.user,
      // Without an account nothing is accepted.
      account: this.#account as A,
      credentials,
      connection,
      database: request.database === '' ? undefined : request.database,
      charset: request.charset,
      attributes: request.attributes ?? [],
      plugin: proof.plugin,
      nonce: proof.nonce,
      nextSequenceId: this.#sequence,
    });
  }

  #refuse(error: ErrPacket, kind: LoginFailureKind, message: string): void {
    if (this.#finished) return;
    this.#client.packets.end(encodeFrames(encodeErr(error, this.#client.capabilities), this.#sequence));
    this.#fail(kind, message);
  }

  #fail(kind: LoginFailureKind, message: string, error?: SocketError): void {
    if (this.#finished) return;
    this.#finish();
    this.#proof?.abandon();
    const clientAddress = this.#client.packets.remoteAddress;
    this.#done({ kind, user: this.#request?.user, clientAddress, message, ...(error !== undefined && { error }) });
  }

  #finish(): void {
    this.#finished = true;
    clearTimeout(this.#timer);
    this.#client.packets.expectAnything();
  }

  #ask(payload: Buffer): void {
    if (this.#client.hasSentMore && this.#proof?.awaitsClient === true) {
      this.#refuse(OUT_OF_ORDER, 'bad-handshake', 'further commands in place of the answer');
    } else this.#send(payload);
  }

  #send(payload: Buffer): void {
    this.#client.packets.write(encodeFrames(payload, this.#sequence));
    this.#sequence = (this.#sequence + 1) & 0xff;
  }
}
