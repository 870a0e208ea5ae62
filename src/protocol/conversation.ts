import { Capability, MariadbCapability } from './capabilities.js';
import { Command } from './commands.js';
import { describe, type FrameKind } from './describe.js';
import type { ShowText } from './describe-text.js';
import { HEADER_SIZE, payloadLength, sequenceId } from './frame.js';
import { decodeGreeting } from './greeting.js';
import { decodeHandshakeResponse } from './handshake-response.js';
import { ResponseTracker } from './response-tracker.js';
import { asksForTls } from './ssl-request.js';

/** Who sent a packet. */
export type Sender = 'client' | 'server';

/** What clients and servers of today agree on; used where the login is not among the packets. */
export const USUAL_CAPABILITIES =
  Capability.PROTOCOL_41 | Capability.TRANSACTIONS | Capability.PLUGIN_AUTH | Capability.SESSION_TRACK | Capability.DEPRECATE_EOF;

/** Highest sequence id of a handshake response. */
const LAST_RESPONSE = 2;

const ALL_MARIADB = Object.values(MariadbCapability).reduce((bits, bit) => bits | bit, 0);

/** Follows the packets of one connection, both ways or only one, and says what each is. */
export class Conversation {
  #capabilities: number;
  #mariadbCapabilities: number;
  #offered: { capabilities: number; mariadbCapabilities: number } | undefined;
  #loggingIn = false;
  readonly #tracker = new ResponseTracker();
  readonly #show: ShowText | undefined;

  /**
   * @param capabilities what both agreed on; those of a login among the packets take their place
   * @param show how statements and error messages are shown; undefined: by their size
   */
  constructor(capabilities: number, show: ShowText | undefined, mariadbCapabilities = 0) {
    this.#capabilities = capabilities;
    this.#mariadbCapabilities = mariadbCapabilities;
    this.#show = show;
  }

  /** One line for each packet in `bytes`; a cut-off packet at the end is said to be one. */
  *lines(bytes: Buffer, sender: Sender): Generator<string> {
    let at = 0;
    while (at < bytes.length) {
      const length = bytes.length - at < HEADER_SIZE ? undefined : payloadLength(bytes, at);
      const end = at + HEADER_SIZE + (length ?? 0);
      if (length === undefined || end > bytes.length) {
        const missing = length === undefined ? 'its header is cut' : `${end - bytes.length} of its ${length} bytes are missing`;
        yield `${sender}  incomplete packet: ${missing}`;
        return;
      }
      const sequence = sequenceId(bytes, at);
      yield `${sender} #${sequence}  ${this.packet(bytes, at + HEADER_SIZE, length, sequence, sender)}`;
      at = end;
    }
  }

  /**
   * What one packet is, secrets and data left out.
   * @param length of its payload, of which the beginning is enough
   */
  packet(bytes: Buffer, start: number, length: number, sequence: number, sender: Sender): string {
    const payload = bytes.subarray(start, Math.min(bytes.length, start + length));
    const kind = sender === 'client' ? this.#clientKind(payload, sequence) : this.#serverKind(bytes, start, length, sequence);
    const show = this.#show === undefined ? {} : { show: this.#show };
    const line = describe(kind, payload, { capabilities: this.#capabilities, mariadbCapabilities: this.#mariadbCapabilities, ...show });
    this.#learn(kind, payload);
    return line;
  }

  #clientKind(payload: Buffer, sequence: number): FrameKind {
    if (sequence === 0) {
      // What follows a change of user is as secret as a login.
      this.#loggingIn = payload[0] === Command.CHANGE_USER;
      this.#offered = undefined;
      this.#tracker.begin(payload[0] ?? 0, this.#capabilities, this.#mariadbCapabilities);
      return 'command';
    }
    if (this.#tracker.awaitsClientData) return 'client-data';
    // A response is the client's first or, behind an SSLRequest, second packet: whatever comes later is an answer to a plugin.
    if ((this.#loggingIn && this.#offered === undefined) || sequence > LAST_RESPONSE) return 'auth-answer';
    this.#loggingIn = true;
    return asksForTls(payload) ? 'ssl-request' : 'handshake-response';
  }

  #serverKind(bytes: Buffer, start: number, length: number, sequence: number): FrameKind {
    if (sequence === 0 && bytes[start] === 0x0a) return 'greeting';
    if (this.#loggingIn) {
      const first = bytes[start];
      return first === 0x00 ? 'ok' : first === 0xff ? 'err' : 'auth';
    }
    // The command is not among the packets: most answers are those to a statement.
    if (this.#tracker.done) this.#tracker.begin(Command.QUERY, this.#capabilities, this.#mariadbCapabilities);
    return this.#tracker.frame(bytes, start, length);
  }

  #learn(kind: FrameKind, payload: Buffer): void {
    try {
      if (kind === 'greeting') {
        this.#offered = decodeGreeting(payload);
        this.#loggingIn = true;
      } else if (kind === 'handshake-response') {
        const answer = decodeHandshakeResponse(payload);
        this.#capabilities = (answer.capabilities & (this.#offered?.capabilities ?? answer.capabilities)) >>> 0;
        this.#mariadbCapabilities = answer.mariadbCapabilities & (this.#offered?.mariadbCapabilities ?? ALL_MARIADB);
        this.#offered = undefined;
      } else if (this.#loggingIn && (kind === 'ok' || kind === 'err')) this.#loggingIn = false;
    } catch {
      // Malformed: its line says so, and there is nothing to learn from it.
    }
  }
}
