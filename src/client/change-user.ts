import type { FrameHandler, PacketSocket } from '../net/packet-socket.js';
import type { SocketError } from '../net/socket-error.js';
import { NATIVE_PASSWORD } from '../protocol/auth/native-password.js';
import { Capability, has } from '../protocol/capabilities.js';
import { type ChangeUserRequest, decodeChangeUser } from '../protocol/commands/change-user.js';
import { type ErrPacket, encodeErr } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE, sequenceId } from '../protocol/frame.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { Account } from './account.js';
import { AuthExchange, type AuthStep } from './auth-exchange.js';
import { judgeCertificate } from './certificate-rule.js';
import { decoy } from './decoy.js';
import type { LoginOptions } from './login.js';
import { accessDenied, BAD_HANDSHAKE, OUT_OF_ORDER, READ_TIMEOUT } from './login-errors.js';
import type { ChangedUser, LoginFailure, LoginFailureKind } from './login-result.js';

/** What a session knows from its login and needs to judge a COM_CHANGE_USER. */
export interface LoggedInClient {
  readonly packets: PacketSocket;
  readonly capabilities: number;
  /** Of the last login or change of user: clients answer with it once more. */
  readonly nonce: Buffer;
  /** Sequence id of the COM_CHANGE_USER packet. */
  readonly sequenceId: number;
}

/** Answers larger than an RSA block come from nobody who means well. */
const LARGEST_ANSWER = 16 * 1024;

/**
 * Proves a COM_CHANGE_USER, given as payload. The client may have to be switched to its plugin with a fresh nonce, so `packets.handler` is
 * taken: set it again inside `done`, which is called once, maybe before this returns. After success the owner sends the OK; a client that
 * fails has its ERR and is closed, as MySQL does it.
 */
export function changeUser<A extends Account>(
  client: LoggedInClient,
  payload: Buffer,
  options: LoginOptions<A>,
  done: (outcome: ChangedUser<A> | LoginFailure) => void,
): void {
  new ChangeUser(client, options, done).start(payload);
}

class ChangeUser<A extends Account> implements FrameHandler {
  readonly #client: LoggedInClient;
  readonly #options: LoginOptions<A>;
  readonly #done: (outcome: ChangedUser<A> | LoginFailure) => void;
  readonly #timer: NodeJS.Timeout;
  #sequence: number;
  #request: ChangeUserRequest | undefined;
  #account: A | undefined;
  #exchange: AuthExchange | undefined;
  /** Why the client's certificate does not do; for the log. */
  #refusal: string | undefined;
  #waiting = true;
  #finished = false;

  constructor(client: LoggedInClient, options: LoginOptions<A>, done: (outcome: ChangedUser<A> | LoginFailure) => void) {
    this.#client = client;
    this.#options = options;
    this.#done = done;
    this.#sequence = (client.sequenceId + 1) & 0xff;
    this.#timer = setTimeout(() => this.#refuse(READ_TIMEOUT, 'timeout', 'no answer in time'), options.handshakeTimeoutMs);
    client.packets.handler = this;
    client.packets.expectAtMost(LARGEST_ANSWER);
  }

  start(payload: Buffer): void {
    this.#guarded(() => {
      const { packets, capabilities, nonce } = this.#client;
      const request = decodeChangeUser(payload, capabilities);
      this.#request = request;
      this.#account = this.#options.account(request.user, packets.remoteAddress);
      const certificate = judgeCertificate(packets, this.#options.tls, this.#account?.certificate);
      if (certificate.kind === 'refuse') {
        this.#account = undefined;
        this.#refusal = certificate.reason;
      }
      this.#exchange = new AuthExchange(
        {
          account: this.#account ?? decoy(request.user),
          defaultPlugin: NATIVE_PASSWORD,
          secure: packets.encrypted || packets.local,
          rsaKey: this.#options.rsaKey,
          canSwitch: has(capabilities, Capability.PLUGIN_AUTH),
          firstAnswerCounts: !has(capabilities, Capability.PLUGIN_AUTH),
        },
        nonce,
      );
      const plugin = request.authPlugin ?? NATIVE_PASSWORD;
      if (certificate.kind === 'enough') this.#step(this.#exchange.startProven(plugin, request.authResponse));
      else this.#step(this.#exchange.start(plugin, request.authResponse));
    });
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    if (sequenceId(chunk, start) !== this.#sequence) {
      this.#refuse(OUT_OF_ORDER, 'bad-handshake', `sequence id ${sequenceId(chunk, start)} instead of ${this.#sequence}`);
      return;
    }
    this.#sequence = (this.#sequence + 1) & 0xff;
    if (!this.#waiting) {
      this.#refuse(BAD_HANDSHAKE, 'bad-handshake', 'a packet that was not asked for');
      return;
    }
    this.#guarded(() => this.#step((this.#exchange as AuthExchange).next(chunk.subarray(start + HEADER_SIZE, end))));
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

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (this.#request === undefined) this.#refuse(BAD_HANDSHAKE, 'bad-handshake', error.message);
      else this.#deny();
    }
  }

  #step(step: AuthStep): void {
    this.#waiting = step.act === 'send';
    switch (step.act) {
      case 'send':
        this.#send(step.payload);
        return;
      case 'wait-for-key':
        this.#options.rsaKey.whenReady(() => {
          if (!this.#finished) this.#step((this.#exchange as AuthExchange).keyReady());
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
    const request = this.#request as ChangeUserRequest;
    const exchange = this.#exchange as AuthExchange;
    if (account === undefined) {
      this.#deny();
      return;
    }
    this.#finish();
    this.#done({
      kind: 'changed',
      user: request.user,
      account,
      password: exchange.password,
      database: request.database === '' ? undefined : request.database,
      charset: request.charset,
      attributes: request.attributes ?? [],
      plugin: exchange.plugin,
      nonce: exchange.nonce,
      nextSequenceId: this.#sequence,
    });
  }

  #deny(): void {
    const user = this.#request?.user ?? '';
    const error = accessDenied(user, this.#client.packets.remoteAddress, this.#exchange?.usedPassword ?? false);
    this.#refuse(error, 'denied', this.#refusal ?? error.message);
  }

  #refuse(error: ErrPacket, kind: LoginFailureKind, message: string): void {
    if (this.#finished) return;
    this.#client.packets.end(encodeFrames(encodeErr(error, this.#client.capabilities), this.#sequence));
    this.#fail(kind, message);
  }

  #fail(kind: LoginFailureKind, message: string, error?: SocketError): void {
    if (this.#finished) return;
    this.#finish();
    const clientAddress = this.#client.packets.remoteAddress;
    this.#done({ kind, user: this.#request?.user, clientAddress, message, ...(error !== undefined && { error }) });
  }

  #finish(): void {
    this.#finished = true;
    clearTimeout(this.#timer);
    this.#client.packets.expectAnything();
  }

  #send(payload: Buffer): void {
    this.#client.packets.write(encodeFrames(payload, this.#sequence));
    this.#sequence = (this.#sequence + 1) & 0xff;
  }
}
