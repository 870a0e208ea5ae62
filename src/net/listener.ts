import cluster from 'node:cluster';
import { chmodSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { bindPath } from './bind-path.js';
import { ListenError } from './listen-error.js';

/** Where to listen: a TCP host (`0.0.0.0`, `::`, a name) with a port (0: any free one), or a unix socket's path. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
}

export interface ListenerOptions {
  /** The configured name, for messages. */
  readonly name: string;
  readonly address: ListenAddress;
  /** Connections the operating system may queue before they are accepted; 1024 unless told. */
  readonly backlog?: number;
  /** A descriptor of the socket, where another process has opened the address before. */
  readonly fd?: number | undefined;
  /** Accepted sockets are not read: they are for another process. */
  readonly paused?: boolean;
  /** Gets every accepted socket: half-open allowed, Nagle off, keep-alive on; wrap it in a `PacketSocket` at once. */
  readonly onSocket: (socket: Socket) => void;
  /** A failure to accept one connection (out of file descriptors, say); the listener stays open. */
  readonly onError?: (error: Error) => void;
}

const DEFAULT_BACKLOG = 1024;
const KEEP_ALIVE_DELAY_MS = 60_000;

/**
 * One listening address. In a worker of node:cluster the primary process opens the port and all workers share it. A port 0 is then the same
 * for all workers as well.
 */
export class Listener {
  readonly #options: ListenerOptions;
  #server: Server | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Opens the address. Throws `ListenError`, whose message names the listener, the address and a way out. */
  async open(): Promise<void> {
    const { path } = this.#options.address;
    try {
      this.#server = await this.#listen();
    } catch (cause) {
      // A unix socket's file outlives a killed owner; if nobody answers there it is ours to take. Workers share one socket, and one would
      // take away what another has just opened: for them the primary process has looked before.
      const isInTheWay = path !== undefined && codeOf(cause) === 'EADDRINUSE' && !cluster.isWorker;
      if (!isInTheWay || !(await removeLeftSocket(path))) throw this.#explain(cause);
      this.#server = await this.#listen().catch((again: unknown) => {
        throw this.#explain(again);
      });
    }
  }

  /** The address in use, `host:port` or `unix:/path`; with port 0 in the configuration the real port once open. */
  get address(): string {
    const { host, path } = this.#options.address;
    if (path !== undefined) return `unix:${path}`;
    return `${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** The port in use; 0 for a unix socket. */
  get port(): number {
    const bound = this.#server?.address();
    return typeof bound === 'object' && bound !== null ? bound.port : this.#options.address.port;
  }

  /** Descriptor of the listening socket, to be passed on to another process; undefined when it is not open (or another process holds it). */
  get fd(): number | undefined {
    return descriptorOf(this.#server);
  }

  /**
   * Takes no new connections any more; those accepted live on. Settles at once when it was not open.
   * @param passedOn another process listens on the same socket: its file stays
   */
  close(passedOn = false): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return Promise.resolve();
    const { path } = this.#options.address;
    if (path !== undefined && !passedOn) removeFile(path);
    // server.close() waits for the end of all accepted connections, its 'listening' side is closed right away: do not wait for more.
    server.close();
    return Promise.resolve();
  }

  #listen(): Promise<Server> {
    const { address, backlog = DEFAULT_BACKLOG, onSocket, onError, paused = false } = this.#options;
    const server = createServer(
      { allowHalfOpen: true, pauseOnConnect: paused, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS },
      onSocket,
    );
    const { path, host, port } = address;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      const opened = (): void => {
        server.off('error', reject);
        // As servers do it: who may connect is for the folder's permissions to say, and for the login.
        if (path !== undefined) chmodSync(path, 0o777);
        server.on('error', (error) => onError?.(error));
        resolve(server);
      };
      const fd = this.#options.fd ?? (path === undefined || cluster.isWorker ? undefined : bindPath(path));
      if (fd !== undefined) server.listen({ fd, backlog }, opened);
      else if (path !== undefined) server.listen({ path, backlog }, opened);
      else server.listen({ host, port, backlog }, opened);
    });
  }

  #explain(cause: unknown): ListenError {
    return new ListenError(this.#options.name, this.address, codeOf(cause), cause);
  }
}

/** Node has no public name for it. */
export function descriptorOf(server: Server | undefined): number | undefined {
  const handle = (server as { _handle?: { fd?: unknown } | null } | undefined)?._handle;
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}

/** Somebody may have removed it before. */
function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function codeOf(cause: unknown): string | undefined {
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

/**
 * Removes the file of a unix socket that nobody listens on any more. False: somebody does, or it is no socket.
 */
export async function removeLeftSocket(path: string): Promise<boolean> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() !== true || (await answers(path))) return false;
  unlinkSync(path);
  return true;
}

/** Whether a process still listens on a unix socket's file. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
