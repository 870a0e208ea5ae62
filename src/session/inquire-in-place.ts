import { AuthAnswer } from '../backend/auth-answer.js';
import type { BackendConnection } from '../backend/dial-request.js';
import type { Inquiry, InquiryEvents, LoginWish } from '../client/inquiry.js';
import { IgnoreFrames } from '../net/frame-handler.js';
import type { LentAnswer } from '../protocol/auth/lent-answer.js';
import { decodeAuthMoreData } from '../protocol/auth-more-data.js';
import { decodeAuthSwitchRequest } from '../protocol/auth-switch-request.js';
import { encodeChangeUser } from '../protocol/commands/change-user.js';
import { decodeErr, type ErrPacket } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE } from '../protocol/frame.js';
import { decodeOk } from '../protocol/ok.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { loginLost } from './client-errors.js';

/**
 * Asks about a change of user on the session's own backend connection, by COM_CHANGE_USER there. For sessions whose login was relayed: their
 * client knows that server's nonce and no other, and libmysqlclient and libmariadb answer every switch within COM_CHANGE_USER with the nonce of
 * the login, as servers keep it (native_password_authenticate in sql_authentication.cc). A server that says no ends the connection, and so do we.
 */
export function inquireInPlace(connection: BackendConnection, wish: LoginWish, events: InquiryEvents<BackendConnection>): Inquiry {
  return new InPlaceInquiry(connection, wish, events);
}

/** No server has it, so each asks for the account's own plugin. */
const ASK_PLUGIN = 'pointsman_ask';

class InPlaceInquiry extends IgnoreFrames implements Inquiry {
  readonly #connection: BackendConnection;
  readonly #events: InquiryEvents<BackendConnection>;
  #answer: AuthAnswer | undefined;
  #asked = { plugin: '', data: Buffer.alloc(0) };
  #sequence = 0;
  #over = false;

  constructor(connection: BackendConnection, wish: LoginWish, events: InquiryEvents<BackendConnection>) {
    super();
    this.#connection = connection;
    this.#events = events;
    const { user, database = '', charset, attributes } = wish;
    const request = { user, authResponse: Buffer.alloc(0), database, charset, authPlugin: ASK_PLUGIN, attributes };
    connection.packets.handler = this;
    this.#send(encodeChangeUser(request, connection.capabilities));
  }

  answer(answer: LentAnswer): void {
    if (this.#over) return;
    if (answer.kind === 'raw') return this.#send(answer.payload);
    const { encrypted, local } = this.#connection.packets;
    const own = new AuthAnswer(answer, { encrypted, local, clearTextAllowed: false });
    this.#answer = own;
    this.#guarded(() => this.#send(own.begin(this.#asked.plugin, this.#asked.data)));
  }

  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection.packets.destroy();
  }

  override onFrame(chunk: Buffer, start: number, end: number): void {
    if (this.#over) return;
    this.#sequence = ((chunk[start + HEADER_SIZE - 1] as number) + 1) & 0xff;
    this.#guarded(() => this.#take(chunk.subarray(start + HEADER_SIZE, end)));
  }

  override onClose(): void {
    this.#fail(loginLost());
  }

  #take(payload: Buffer): void {
    const { capabilities } = this.#connection;
    switch (payload[0]) {
      case 0x00: {
        const firstOk = decodeOk(Buffer.from(payload), capabilities);
        this.#over = true;
        this.#events.ended({ connection: { ...this.#connection, firstOk, statusFlags: firstOk.statusFlags } });
        return;
      }
      case 0xfe: {
        const { plugin, data } = decodeAuthSwitchRequest(payload);
        this.#asked = { plugin, data: Buffer.from(data) };
        if (this.#answer === undefined) this.#events.asked(plugin, this.#asked.data);
        else this.#send(this.#answer.begin(plugin, data));
        return;
      }
      case 0xff:
        this.#fail(decodeErr(payload, capabilities));
        return;
      default:
        this.#more(payload);
    }
  }

  #more(payload: Buffer): void {
    if (this.#answer === undefined) return this.#events.more(Buffer.from(payload));
    const answer = this.#answer.more(decodeAuthMoreData(payload).data);
    if (answer !== undefined) this.#send(answer);
  }

  #send(payload: Buffer): void {
    this.#connection.packets.write(encodeFrames(payload, this.#sequence));
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#connection.packets.destroy();
      this.#fail(loginLost());
    }
  }

  #fail(err: ErrPacket): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.ended({ err });
  }
}
