import { connect, type Socket } from 'node:net';
import { agreedCompression } from '../net/compression-codec.js';
import { type FrameHandler, PacketSocket } from '../net/packet-socket.js';
import { SocketError } from '../net/socket-error.js';
import type { LentAnswer } from '../protocol/auth/lent-answer.js';
import type { Credential } from '../protocol/auth/secret.js';
import { decodeAuthMoreData } from '../protocol/auth-more-data.js';
import { decodeAuthSwitchRequest } from '../protocol/auth-switch-request.js';
import { Capability, has } from '../protocol/capabilities.js';
import { decodeErr } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE, sequenceId } from '../protocol/frame.js';
import { decodeGreeting, type Greeting } from '../protocol/greeting.js';
import { encodeHandshakeResponse } from '../protocol/handshake-response.js';
import { decodeOk } from '../protocol/ok.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { encodeSslRequest } from '../protocol/ssl-request.js';
import { AuthAnswer, notEnough } from './auth-answer.js';
import type { BackendConnection, DialFailure, DialFailureKind, DialRequest } from './dial-request.js';
import { type LinkCapabilities, linkCapabilities } from './link-capabilities.js';
import { preferTls } from './prefer-tls.js';
import { explainTlsFailure } from './tls-failure.js';
import { serverKey, tlsOptions } from './tls-options.js';

export type { BackendConnection, DialFailure, DialRequest } from './dial-request.js';

type Done = (outcome: BackendConnection | DialFailure) => void;

/** A greeting is a few hundred bytes, an RSA key below 1 KiB; a first OK with trackers, or an ERR, well below this. */
const LARGEST_LOGIN_PACKET = 64 * 1024;
const KEEP_ALIVE_DELAY_MS = 60_000;
const ASK = { plugin: 'pointsman_ask', answer: Buffer.alloc(0) };
/** A login is six packets at most; a server that goes on for ever is none. */
const MOST_PACKETS = 16;

/**
 * Opens a connection to a backend and logs in. `done` is called exactly once, never before `dial` returns; `cancel()` makes it a failure of
 * kind `cancelled` unless it was called already. Nothing is left open after a failure.
 */
export function dial(request: DialRequest, done: Done): { cancel(): void } {
  return request.tls.mode === 'prefer' ? preferTls(request, done, start) : start(request, done);
}

function start(request: DialRequest, done: Done): { cancel(): void } {
  return new Dial(request, done);
}

class Dial implements FrameHandler {
  readonly #request: DialRequest;
  readonly #done: Done;
  #timer: NodeJS.Timeout;
  readonly #socket: Socket;
  #packets: PacketSocket | undefined;
  #greeting: Greeting | undefined;
  #link: LinkCapabilities = { capabilities: 0, mariadbCapabilities: 0 };
  #answer: AuthAnswer | undefined;
  #phase: 'connect' | 'greeting' | 'tls' | 'auth' | 'done' = 'connect';
  #sequence = 0;
  #seen = 0;

  constructor(request: DialRequest, done: Done) {
    this.#request = request;
    this.#done = done;
    this.#timer = this.#startTimer();
    const { address, lookup } = request;
    const where =
      address.path === undefined ? { host: address.host, port: address.port, ...(lookup && { lookup }) } : { path: address.path };
    // A name with several addresses: Node's 250 ms for each is less than a distant server needs.
    const autoSelectFamilyAttemptTimeout = Math.max(250, Math.floor(request.timeoutMs / 2));
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS, autoSelectFamilyAttemptTimeout };
    this.#socket = connect({ ...where, ...options });
    this.#socket.on('error', this.#onConnectError);
    this.#socket.once('connect', () => this.#onConnect());
  }

  cancel(): void {
    this.#fail('cancelled', 'cancelled');
  }

  #startTimer(): NodeJS.Timeout {
    const { timeoutMs } = this.#request;
    return setTimeout(() => this.#fail('timeout', `no ${this.#waitingFor()} within ${timeoutMs} ms`), timeoutMs);
  }

  onFrame(chunk: Buffer, start: number, end: number): void {
    if (this.#phase === 'done') return;
    this.#guarded(() => {
      const found = sequenceId(chunk, start);
      if (found !== this.#sequence) {
        throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'login', `sequence id ${found} instead of ${this.#sequence}`);
      }
      this.#sequence = (this.#sequence + 1) & 0xff;
      this.#seen += 1;
      if (this.#seen > MOST_PACKETS) throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'login', 'it does not come to an end');
      this.#payload(chunk.subarray(start + HEADER_SIZE, end));
    });
  }

  onPart(): void {
    this.#fail('protocol', 'a packet too large for a login; is this a MySQL server?');
  }

  onBatchEnd(): void {}

  onDrain(): void {}

  onEnd(): void {
    this.#fail(this.#phase === 'tls' ? 'tls' : 'reset', `the server closed the connection instead of a ${this.#waitingFor()}`);
  }

  onClose(error: SocketError | undefined): void {
    if (error !== undefined) this.#failSocket(error);
    else this.#fail('reset', `the server closed the connection instead of a ${this.#waitingFor()}`);
  }

  readonly #onConnectError = (cause: Error): void => {
    const lookup = 'syscall' in cause && cause.syscall === 'getaddrinfo';
    if (lookup) this.#fail('dns', cause.message, cause);
    else this.#failSocket(SocketError.from('backend', cause));
  };

  #onConnect(): void {
    if (this.#phase !== 'connect') return;
    this.#phase = 'greeting';
    this.#socket.off('error', this.#onConnectError);
    this.#packets = new PacketSocket(this.#socket, 'backend', this);
    this.#packets.expectAtMost(LARGEST_LOGIN_PACKET);
    if (this.#request.preamble !== undefined) this.#packets.write(this.#request.preamble);
  }

  #payload(payload: Buffer): void {
    const header = payload[0];
    if (header === 0xff) {
      // In place of the greeting no capabilities are agreed yet, and none has a SQLSTATE by the protocol.
      const err = decodeErr(payload, this.#phase === 'greeting' ? 0 : this.#link.capabilities);
      const unanswered = err.code === 1045 ? this.#answer?.unanswered : undefined;
      if (unanswered !== undefined) throw notEnough(unanswered);
      this.#fail('server-error', `${err.message} (${err.code})`, undefined, err);
    } else if (this.#phase === 'greeting') this.#onGreeting(decodeGreeting(payload));
    else if (header === 0x00) this.#onOk(payload);
    else if (header === 0x01) this.#onMoreData(payload);
    else if (header === 0xfe) this.#onSwitch(payload);
    else if (header === 0x02) this.#onNextFactor(payload);
    else throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'login', `a packet that begins with 0x${header?.toString(16) ?? ' (nothing)'}`);
  }

  #onGreeting(greeting: Greeting): void {
    const request = this.#request;
    // The nonce is a view on the chunk it came in, and we live longer.
    this.#greeting = { ...greeting, authData: Buffer.from(greeting.authData) };
    const { mode } = request.tls;
    const offered = has(greeting.capabilities, Capability.SSL);
    const tls = mode !== 'off' && offered;
    if (!tls && mode !== 'off' && mode !== 'prefer') {
      this.#fail('tls', `the server offers no TLS, which "mode": "${mode}" needs: give it a certificate, or use "prefer"`);
      return;
    }
    const wish = { ...request, tls, database: request.database !== undefined && request.database !== '' };
    this.#link = linkCapabilities(wish, greeting.capabilities, greeting.mariadbCapabilities);
    if (!has(this.#link.capabilities, Capability.PROTOCOL_41 | Capability.SECURE_CONNECTION)) {
      throw new ProtocolError('PM_PROTOCOL_UNSUPPORTED', 'greeting', 'the server is older than MySQL 4.1');
    }
    if (tls) this.#startTls();
    else this.#respond();
  }

  #startTls(): void {
    const packets = this.#packets as PacketSocket;
    // Whatever came in clear behind the greeting was not sent by a server that means to encrypt.
    if (packets.hasUnreadBytes) throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'login', 'bytes between greeting and TLS');
    this.#phase = 'tls';
    const { charset, maxPacketSize } = this.#request;
    this.#send(encodeSslRequest({ ...this.#link, charset, maxPacketSize }));
    const { tls, address } = this.#request;
    packets.startClientTls(tlsOptions(tls, address), () => {
      if (this.#phase === 'tls') this.#respond();
    });
    if (packets.tls !== undefined) tls.context?.remember(serverKey(address), packets.tls);
  }

  #respond(): void {
    const greeting = this.#greeting as Greeting;
    const { user, credential, charset, maxPacketSize, database, attributes } = this.#request;
    this.#phase = 'auth';
    if (credential.kind !== 'lent') this.#answer = this.#answerOf(credential);
    // A plugin that no server has, so each asks for the account's own.
    const { plugin: authPlugin, answer: authResponse } = this.#answer?.first(greeting.authPlugin, greeting.authData) ?? ASK;
    const response = { ...this.#link, user, charset, maxPacketSize, attributes, authResponse, authPlugin };
    this.#send(encodeHandshakeResponse(database === undefined ? response : { ...response, database }));
  }

  #onSwitch(payload: Buffer): void {
    const { plugin, data } = decodeAuthSwitchRequest(payload);
    const { credential } = this.#request;
    if (this.#answer !== undefined) this.#send(this.#answer.begin(plugin, data));
    else if (credential.kind === 'lent') {
      const nonce = Buffer.from(data);
      credential.asked(plugin, nonce, this.#lentReply(plugin, nonce));
    }
  }

  #onMoreData(payload: Buffer): void {
    const { credential } = this.#request;
    if (this.#answer !== undefined) {
      const answer = this.#answer.more(decodeAuthMoreData(payload).data);
      if (answer !== undefined) this.#send(answer);
    } else if (credential.kind === 'lent') credential.more(Buffer.from(payload), this.#lentReply('', Buffer.alloc(0)));
  }

  /** Only the client itself can answer for its second factor. */
  #onNextFactor(payload: Buffer): void {
    const { credential } = this.#request;
    if (credential.kind !== 'lent') throw new ProtocolError('PM_PROTOCOL_UNSUPPORTED', 'login', 'the account needs a second factor');
    this.#answer = undefined;
    credential.more(Buffer.from(payload), this.#lentReply('', Buffer.alloc(0)));
  }

  /** The client takes its time, and has a limit of its own; ours goes on when it has answered. */
  #lentReply(plugin: string, nonce: Buffer): (answer: LentAnswer) => void {
    clearTimeout(this.#timer);
    return (answer) => {
      if (this.#phase === 'done') return;
      this.#timer = this.#startTimer();
      if (answer.kind === 'raw') return this.#send(answer.payload);
      const own = this.#answerOf(answer);
      this.#answer = own;
      this.#guarded(() => this.#send(own.begin(plugin, nonce)));
    };
  }

  #answerOf(credential: Credential): AuthAnswer {
    const { encrypted, local } = this.#packets as PacketSocket;
    return new AuthAnswer(credential, { encrypted, local, clearTextAllowed: this.#request.clearTextAllowed ?? false });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail('protocol', error.message, error);
    }
  }

  #onOk(payload: Buffer): void {
    const packets = this.#packets as PacketSocket;
    const greeting = this.#greeting as Greeting;
    const firstOk = decodeOk(Buffer.from(payload), this.#link.capabilities);
    this.#finish();
    packets.expectAnything();
    const compression = agreedCompression(this.#link.capabilities);
    if (compression !== undefined) packets.startCompression(compression);
    this.#done({
      packets,
      backend: this.#request.backend,
      greeting,
      threadId: greeting.connectionId,
      ...this.#link,
      connectedAtMs: performance.now(),
      statusFlags: firstOk.statusFlags,
      firstOk,
    });
  }

  #send(payload: Buffer): void {
    this.#packets?.write(encodeFrames(payload, this.#sequence));
    this.#sequence = (this.#sequence + 1) & 0xff;
  }

  #waitingFor(): string {
    if (this.#phase === 'connect') return 'connection';
    if (this.#phase === 'greeting') return 'greeting';
    return this.#phase === 'tls' ? 'TLS handshake' : 'answer to the login';
  }

  #failSocket(error: SocketError): void {
    const { kind } = error;
    // A reset in the middle of the TLS handshake is how many servers refuse a certificate or version.
    if (kind === 'tls' || (this.#phase === 'tls' && kind === 'reset')) {
      this.#request.tls.context?.forget(serverKey(this.#request.address));
      this.#fail('tls', explainTlsFailure(error.systemCode, error.message), error);
    } else if (kind === 'cut-frame') this.#fail('reset', error.message, error);
    else if (kind === 'other') this.#fail(this.#phase === 'connect' ? 'local' : 'reset', error.message, error);
    else this.#fail(kind, error.message, error);
  }

  #fail(kind: DialFailureKind, detail: string, cause?: unknown, err?: DialFailure['err']): void {
    if (this.#phase === 'done') return;
    this.#finish();
    const { credential } = this.#request;
    if (credential.kind === 'lent') credential.lost();
    if (this.#packets === undefined) this.#socket.destroy();
    else this.#packets.destroy();
    const { backend, address } = this.#request;
    const where = address.path === undefined ? `${address.host}:${address.port}` : `unix:${address.path}`;
    const failure = { kind, backend, message: `backend ${backend} (${where}): ${detail}` };
    const outcome: DialFailure = { ...failure, ...(err !== undefined && { err }), ...(cause !== undefined && { cause }) };
    // cancel() may come from inside dial's caller; the outcome always comes later, so that nobody has to be ready for both orders.
    if (kind === 'cancelled') process.nextTick(this.#done, outcome);
    else this.#done(outcome);
  }

  #finish(): void {
    this.#phase = 'done';
    clearTimeout(this.#timer);
  }
}
