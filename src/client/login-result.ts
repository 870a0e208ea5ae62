import type { PacketSocket } from '../net/packet-socket.js';
import type { SocketError } from '../net/socket-error.js';
import type { Credential } from '../protocol/auth/secret.js';
import type { Account } from './account.js';

/** A proven client. The owner sets `packets.handler` inside the callback and sends the final OK or ERR with `nextSequenceId`. */
export interface LoggedIn<A extends Account = Account, C = unknown> {
  readonly kind: 'logged-in';
  readonly user: string;
  readonly account: A;
  /** What the backends are dialled with, the proven one first; none: only `connection` is proven. */
  readonly credentials: readonly Credential[];
  /** Of the server that judged this login, logged in; undefined where none had to be asked. */
  readonly connection: C | undefined;
  readonly database: string | undefined;
  /** What both sides agreed on (the client's bits that the greeting offered). */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  readonly charset: number;
  /** The largest packet the client said it takes, in bytes; 0 when it did not say. */
  readonly maxPacketSize: number;
  readonly attributes: readonly (readonly [string, string])[];
  /** The plugin the client proved itself with. */
  readonly plugin: string;
  /** The nonce of the exchange, 20 bytes; COM_CHANGE_USER answers it again. */
  readonly nonce: Buffer;
  readonly nextSequenceId: number;
  /** For the text of the OK: see certificate-proof.ts. */
  readonly certificateProof: Buffer;
  readonly packets: PacketSocket;
}

/** A client proven anew by COM_CHANGE_USER. The owner sends the OK (or ERR, for the database) with `nextSequenceId`. */
export interface ChangedUser<A extends Account = Account, C = unknown> {
  readonly kind: 'changed';
  readonly user: string;
  readonly account: A;
  readonly credentials: readonly Credential[];
  readonly connection: C | undefined;
  readonly database: string | undefined;
  /** Undefined: the client did not say, the old one stays. */
  readonly charset: number | undefined;
  readonly attributes: readonly (readonly [string, string])[];
  readonly plugin: string;
  readonly nonce: Buffer;
  readonly nextSequenceId: number;
}

/**
 * `denied`: wrong user or password (1045). `bad-handshake`: bytes that are no login (1043 or another ERR). `timeout`: silent for too long.
 * `insecure`: the listener requires TLS. `tls`: the TLS handshake failed. `gone`: the client left by itself.
 */
export type LoginFailureKind = 'denied' | 'bad-handshake' | 'timeout' | 'insecure' | 'tls' | 'gone';

/** A login that came to nothing. The client has been answered and its socket is closing; this is for the log and metrics. */
export interface LoginFailure {
  readonly kind: LoginFailureKind;
  /** The name the client gave, once it gave one. */
  readonly user: string | undefined;
  readonly clientAddress: string;
  readonly message: string;
  readonly error?: SocketError;
}
