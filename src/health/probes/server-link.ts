import { connect as connectSocket, type LookupFunction, type Socket } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2';
import type { Address } from '../../topology/snapshot.js';
import type { Account, MonitorTls } from '../options.js';
import { deadline, TimeoutError } from './deadline.js';

/** The greeting as mysql2 read it. */
export interface SeenGreeting {
  readonly serverVersion: string;
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  readonly charset: number;
  readonly threadId: number;
}

export interface LinkOptions {
  readonly address: Address;
  readonly account: Account;
  readonly tls: MonitorTls;
  readonly localAddress: string | undefined;
  readonly lookup?: LookupFunction | undefined;
  /** Sent first. */
  readonly preamble?: Buffer | undefined;
  /** Several statements in one packet: they run to the end even when this process dies in between. */
  readonly multipleStatements?: boolean;
}

export type Row = Readonly<Record<string, string | null>>;

/** One mysql2 connection for the monitor's own statements. Every value comes back as text. After a failure or time-out it is broken for good. */
export class ServerLink {
  readonly greeting: SeenGreeting;
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #waiting = new Set<(error: Error) => void>();
  #failure: Error | undefined;

  constructor(connection: Connection, socket: Socket, greeting: SeenGreeting) {
    this.#connection = connection;
    this.#socket = socket;
    this.greeting = greeting;
    connection.on('error', (error: Error) => this.#fail(error));
    connection.on('end', () => this.#fail(new Error('the server closed the connection')));
  }

  get broken(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Runs one statement. Rejects with mysql2's error (`errno`, `sqlState` when the server answered) or TimeoutError; a time-out or a
   * lost connection destroys the link.
   */
  query(sql: string, timeoutMs: number): Promise<readonly Row[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const cancel = deadline(timeoutMs, () => {
        this.#waiting.delete(reject);
        this.destroy(new TimeoutError(`no answer within ${Math.round(timeoutMs)} ms`));
        reject(new TimeoutError(`no answer within ${Math.round(timeoutMs)} ms`));
      });
      this.#connection.query({ sql, typeCast: (field) => field.string() }, (error, rows) => {
        cancel();
        this.#waiting.delete(reject);
        if (error === null) return resolve(Array.isArray(rows) ? (rows as Row[]) : []);
        if (serverErrno(error) === undefined) this.destroy(error);
        reject(error);
      });
    });
  }

  /** Says goodbye and closes, without waiting for the server. */
  end(): void {
    if (this.#failure !== undefined) return;
    this.#failure = new Error('closed');
    this.#connection.end(() => undefined);
    this.#socket.end(() => this.#socket.destroy());
    // A frozen server would keep the half-closed socket for ever.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  destroy(reason?: Error): void {
    this.#failure ??= reason ?? new Error('closed');
    this.#connection.destroy();
    // mysql2 only half-closes, which leaves the socket behind when the server is frozen.
    this.#socket.destroy();
  }

  /** Gives up what has been asked, too: whoever waits for an answer hears `reason` at once. */
  cut(reason: Error): void {
    this.destroy(reason);
    for (const reject of this.#waiting) reject(reason);
    this.#waiting.clear();
  }

  #fail(error: Error): void {
    this.destroy(error);
  }
}

/** Dials and logs in within `timeoutMs`. Rejects like `ServerLink.query`. */
export async function dialServer(options: LinkOptions, timeoutMs: number): Promise<ServerLink> {
  const until = performance.now() + timeoutMs;
  const { mode } = options.tls;
  if (mode === 'off') return dialOnce(options, timeoutMs, false);
  try {
    return await dialOnce(options, timeoutMs, true);
  } catch (error) {
    const optional = mode === 'mirror' || mode === 'prefer';
    const { code } = error as { code?: string };
    if (!optional || (code !== 'HANDSHAKE_NO_SSL_SUPPORT' && code !== 'HANDSHAKE_SSL_ERROR')) throw explained(error, options.tls);
    return dialOnce(options, Math.max(1, until - performance.now()), false);
  }
}

/** The same error, saying what to do about a failed handshake. */
function explained(error: unknown, { explain }: MonitorTls): unknown {
  if (explain !== undefined && error instanceof Error && 'code' in error && error.code === 'HANDSHAKE_SSL_ERROR') {
    error.message = explain(undefined, error.message);
  }
  return error;
}

function dialOnce(options: LinkOptions, timeoutMs: number, tls: boolean): Promise<ServerLink> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(options);
    if (options.preamble !== undefined) socket.write(options.preamble);
    const connection = createConnection(connectionOptions(options, socket, tls));
    const cancel = deadline(timeoutMs, () => {
      settle();
      connection.on('error', () => undefined);
      socket.destroy();
      reject(new TimeoutError(`no login within ${Math.round(timeoutMs)} ms`));
    });
    const onError = (error: Error) => {
      settle();
      connection.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const settle = () => {
      cancel();
      connection.removeListener('error', onError);
    };
    connection.once('error', onError);
    connection.once('connect', (hello: Record<string, unknown>) => {
      settle();
      resolve(new ServerLink(connection, socket, seenGreeting(hello)));
    });
  });
}

function openSocket({ address, localAddress, lookup }: LinkOptions): Socket {
  if (address.path !== undefined) return connectSocket(address.path);
  const { host, port } = address;
  const socket = connectSocket({ host, port, noDelay: true, ...(localAddress && { localAddress }), ...(lookup && { lookup }) });
  // Whom tls.connect checks the certificate for. Node sets it for names only, and mysql2 gives no host: an IP address would be checked
  // as "localhost".
  return Object.assign(socket, { _host: address.certificateName ?? host });
}

function connectionOptions(options: LinkOptions, socket: Socket, tls: boolean): ConnectionOptions {
  return {
    user: options.account.user,
    password: options.account.password,
    charset: 'utf8mb4_general_ci',
    // Our own deadline covers the whole login; 0 switches mysql2's off.
    connectTimeout: 0,
    connectAttributes: { program_name: 'pointsman-monitor' },
    host: options.address.certificateName ?? options.address.host,
    stream: socket,
    multipleStatements: options.multipleStatements === true,
    ...(tls ? { ssl: sslOptions(options.tls) } : {}),
  };
}

function sslOptions(tls: MonitorTls): NonNullable<Exclude<ConnectionOptions['ssl'], string>> {
  const verify = tls.mode === 'verify-ca' || tls.mode === 'verify-identity';
  return { rejectUnauthorized: verify, verifyIdentity: tls.mode === 'verify-identity', ...tls.certificates?.() };
}

function seenGreeting(hello: Record<string, unknown>): SeenGreeting {
  const number = (key: string) => (typeof hello[key] === 'number' ? (hello[key] as number) >>> 0 : 0);
  return {
    serverVersion: String(hello['serverVersion'] ?? ''),
    capabilities: number('capabilityFlags'),
    mariadbCapabilities: number('mariadbExtendedCapabilityFlags'),
    charset: number('characterSet') & 0xff,
    threadId: number('connectionId'),
  };
}

/** The server's error number when the error came from the server itself, else undefined (network, time-out). */
export function serverErrno(error: unknown): number | undefined {
  const { errno, sqlState } = error as { errno?: unknown; sqlState?: unknown };
  return typeof errno === 'number' && errno >= 1000 && sqlState !== undefined ? errno : undefined;
}
