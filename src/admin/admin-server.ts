import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { Access } from './access.js';
import type { AdminAddress } from './admin-address.js';
import type { AdminRequest } from './admin-request.js';
import type { AdminContext } from './admin-route.js';
import { answerRequest } from './answer-request.js';
import { limitConnections } from './connection-limit.js';
import { FailoverWatch } from './failover-watch.js';
import { listen } from './listen.js';
import { readBody } from './read-body.js';
import { problem } from './reply.js';
import type { TokenOptions } from './tokens.js';
import { writeReply } from './write-reply.js';

/** What the admin server needs to know of the configuration. */
export interface AdminOptions extends TokenOptions {
  readonly address: AdminAddress;
  readonly metricsAddress: AdminAddress | undefined;
  /** Of `address`; undefined: plain HTTP. */
  readonly tls?: AdminTls | undefined;
  /** Sockets that are bound to the addresses already. */
  readonly descriptors?: AdminDescriptors;
}

/** Descriptors of listening sockets. */
export interface AdminDescriptors {
  readonly address?: number | undefined;
  readonly metricsAddress?: number | undefined;
  /** Of the SQL console. */
  readonly console?: number | undefined;
}

/** PEM. */
export interface AdminTls {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: '1.2' | '1.3';
}

/** Admin addresses that are open. */
export interface AdminServer {
  /** As text, with the real port where 0 was configured. */
  readonly address: string;
  readonly metricsAddress: string | undefined;
  /** To be passed on to another process. */
  readonly descriptors: AdminDescriptors;
  /** New connections get this certificate. */
  renew(tls: AdminTls): void;
  /** From now on these tokens count. */
  allow(tokens: TokenOptions): void;
  /** Stops listening, lets requests under way end, closes the rest. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_TARGET_LENGTH = 4096;
const HANDSHAKE_MS = 5_000;
/** How often the history of rates and latencies takes a sample, and failovers are looked for. */
const SAMPLE_MS = 1_000;

type HttpServer = Server | TlsServer;

/**
 * Opens the admin addresses.
 * @throws AdminListenError naming the address that cannot be opened; then none is open.
 */
export async function openAdmin(options: AdminOptions, context: AdminContext): Promise<AdminServer> {
  const access = new Access(options);
  const full = serve(context, access, false, options.tls);
  const address = await listen(full, options.address, 'admin.address', options.descriptors?.address);
  const servers = [full];
  let metricsAddress: string | undefined;
  try {
    if (options.metricsAddress !== undefined) {
      const open = serve(context, access, true, undefined);
      metricsAddress = await listen(open, options.metricsAddress, 'admin.metricsAddress', options.descriptors?.metricsAddress);
      servers.push(open);
    }
  } catch (error) {
    await close(full);
    throw error;
  }
  const failovers = new FailoverWatch(context.source, context.events);
  const look = () => {
    context.traffic.sample(context.source.traffic(), Date.now());
    failovers.look();
  };
  const sampling = setInterval(look, SAMPLE_MS).unref();
  return {
    address,
    metricsAddress,
    descriptors: { address: descriptorOf(full), metricsAddress: descriptorOf(servers[1]) },
    renew(tls) {
      if (full instanceof TlsServer) full.setSecureContext(secureOptions(tls));
    },
    allow: (tokens) => access.tokens.replace(tokens),
    async close() {
      clearInterval(sampling);
      await Promise.all(servers.map(close));
    },
  };
}

/** Node has no public name for it. */
function descriptorOf(server: HttpServer | undefined): number | undefined {
  const handle = (server as { _handle?: { fd?: unknown } | null } | undefined)?._handle;
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}

function serve(context: AdminContext, access: Access, openOnly: boolean, tls: AdminTls | undefined): HttpServer {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    // Against clients that send a header or a body byte by byte to keep connections busy.
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 30_000,
    connectionsCheckingInterval: 1_000,
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    if ((request.url ?? '').length > MAX_TARGET_LENGTH) {
      const message = `the request target is longer than ${MAX_TARGET_LENGTH} bytes`;
      return writeReply(request, response, problem(414, 'PM_ADMIN_TOO_LONG', message));
    }
    void answerRequest(asAdminRequest(request, openOnly), context, access).then((reply) => writeReply(request, response, reply));
  };
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer({ ...options, ...secureOptions(tls), handshakeTimeout: HANDSHAKE_MS }, listener);
  limitConnections(server, MAX_CONNECTIONS);
  server.on('clientError', onClientError);
  return server;
}

function secureOptions({ cert, key, minVersion }: AdminTls): { cert: string; key: string; minVersion: SecureVersion } {
  return { cert, key, minVersion: `TLSv${minVersion}` };
}

function asAdminRequest(request: IncomingMessage, openOnly: boolean): AdminRequest {
  const { method = '', url = '', headers, socket } = request;
  return {
    method,
    target: url,
    headers: headers as AdminRequest['headers'],
    from: socket.remoteAddress ?? 'unix',
    secure: 'encrypted' in socket,
    openOnly,
    body: () => readBody(request),
  };
}

/** What is not HTTP, is too large or too slow: an answer in JSON where it still fits, then the end. */
function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const { body } = problem(status, 'PM_ADMIN_BAD_REQUEST', STATUS_CODES[status] ?? 'Bad Request');
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}

/** How long requests under way may take once the server closes. */
const CLOSE_GRACE_MS = 1_000;

function close(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
