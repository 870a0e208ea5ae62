import type { LookupFunction } from 'node:net';
import type { Compression } from '../net/compression-codec.js';
import type { PacketSocket } from '../net/packet-socket.js';
import type { Endpoints } from '../net/proxy-header.js';
import type { LentAnswer } from '../protocol/auth/lent-answer.js';
import type { Credential } from '../protocol/auth/secret.js';
import type { ErrPacket } from '../protocol/err.js';
import type { Greeting } from '../protocol/greeting.js';
import type { OkPacket } from '../protocol/ok.js';
import type { BackendTlsContext } from './tls-context.js';

/** Where a backend listens: `path` (a unix socket) or `host` and `port`. */
export interface BackendAddress {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  /** The name that its certificate is checked for, where `host` is one of the addresses of that name. */
  readonly certificateName?: string;
}

/** Encryption towards a backend. `prefer` uses it where the server has it; the `verify-` modes check its certificate, and its name. */
export interface BackendTls {
  readonly mode: 'off' | 'prefer' | 'require' | 'verify-ca' | 'verify-identity';
  /** Certificates, and sessions to resume. Undefined: the authorities Node knows, no certificate, no session. */
  readonly context?: BackendTlsContext;
}

/** A login that a client proves through us: asked for its answers, which take as long as the client does. */
export interface LentLogin {
  readonly kind: 'lent';
  /** The server wants this plugin's answer to this data. After a credential the rest of the exchange is done with that. */
  asked(plugin: string, data: Buffer, reply: (answer: LentAnswer) => void): void;
  /** A further packet of the exchange (AuthMoreData, AuthNextFactor), only after a raw answer. */
  more(payload: Buffer, reply: (answer: LentAnswer) => void): void;
  /** The server was lost, or refused; whatever it asked needs no answer any more. */
  lost(): void;
}

export interface DialRequest {
  /** The backend's configured name, for messages and the result. */
  readonly backend: string;
  readonly address: BackendAddress;
  /** Finds a name's addresses; default: the system does. */
  readonly lookup?: LookupFunction | undefined;
  /** For the whole login, name lookup to final OK. */
  readonly timeoutMs: number;
  readonly tls: BackendTls;
  readonly user: string;
  /** What proves the login, or who does it. */
  readonly credential: Credential | LentLogin;
  /** A server may ask for the password in clear (mysql_clear_password) where neither TLS nor a unix socket hides it. Default: it may not. */
  readonly clearTextAllowed?: boolean;
  /** What the client agreed on; SSL and compression bits are replaced by the link's own, session tracking and a few more always asked for. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  readonly charset: number;
  readonly maxPacketSize: number;
  readonly database?: string | undefined;
  readonly attributes: readonly (readonly [string, string])[];
  /** The client's connection, for backends that are sent a PROXY header. */
  readonly client?: Endpoints | undefined;
  /** Our id of it. */
  readonly connectionId?: number | undefined;
  /** To be asked for where the server has it; where it has only zlib, that. */
  readonly compression?: Compression | undefined;
  /** Sent before anything else: a PROXY header. */
  readonly preamble?: Buffer | undefined;
}

/** A backend that let us in. Set `packets.handler` inside the callback. */
export interface BackendConnection {
  readonly packets: PacketSocket;
  readonly backend: string;
  readonly greeting: Greeting;
  /** The server's own id of this connection, for KILL. */
  readonly threadId: number;
  /** What both sides agreed on: the server offered it and we asked for it. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** `performance.now()`: the wall clock may be set meanwhile. */
  readonly connectedAtMs: number;
  readonly statusFlags: number;
  readonly firstOk: OkPacket;
}

/**
 * `refused`, `reset`, `timeout`: as for sockets, `timeout` also when the login as a whole took too long. `dns`: no address for the name.
 * `tls`: encryption required but not offered, or it failed. `server-error`: the server said no, see `err` (1045, 1049, 1040, 1053, 1130 ...).
 * `protocol`: bytes that make no sense, or a login plugin we do not speak. `local`: this machine cannot connect at all (out of file descriptors
 * or ports, forbidden); says nothing about the backend. `cancelled`: by us.
 */
export type DialFailureKind = 'refused' | 'timeout' | 'reset' | 'dns' | 'tls' | 'server-error' | 'protocol' | 'local' | 'cancelled';

export interface DialFailure {
  readonly kind: DialFailureKind;
  readonly backend: string;
  /** One sentence that names the backend and its address. */
  readonly message: string;
  readonly err?: ErrPacket;
  readonly cause?: unknown;
}

/** Tells the two outcomes of `dial` apart. */
export function isDialFailure(outcome: BackendConnection | DialFailure): outcome is DialFailure {
  return !('packets' in outcome);
}
