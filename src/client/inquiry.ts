import type { Endpoints } from '../net/proxy-header.js';
import type { LentAnswer } from '../protocol/auth/lent-answer.js';
import type { ErrPacket } from '../protocol/err.js';

/** What a server is dialled with in the name of a client that has not proven itself to us. */
export interface LoginWish {
  readonly user: string;
  readonly database: string | undefined;
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  readonly charset: number;
  readonly maxPacketSize: number;
  readonly attributes: readonly (readonly [string, string])[];
  readonly usesTls: boolean;
  readonly clientAddress: string;
  /** Its connection, as it made it. */
  readonly client: Endpoints;
  /** Ours. */
  readonly connectionId?: number | undefined;
}

/** What becomes of an inquiry. `C` is whatever its owner calls a connection that a server let in. */
export interface InquiryEvents<C> {
  /** The server wants this plugin's answer to this data (its nonce, usually). May come again with another server or a second plugin. */
  asked(plugin: string, data: Buffer): void;
  /** A further packet of the exchange, as the server sent it; only after an answer that was relayed. */
  more(payload: Buffer): void;
  /** Called once, last. `err` is for the client: the server's own, or ours where no server could be asked. */
  ended(outcome: { readonly connection: C } | { readonly err: ErrPacket }): void;
}

/** A login at a server, under way in the client's name. */
export interface Inquiry {
  /** The client's part, after `asked` or `more`. */
  answer(answer: LentAnswer): void;
  /** The client is gone or denied: nothing is called any more, and the server sees a login that ends in good order. */
  abandon(): void;
}
