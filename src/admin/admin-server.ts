import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { AdminAddress } from './admin-address.js';
import { answerRequest } from './answer-request.js';
import { listen } from './listen.js';
import { problem, type Reply } from './reply.js';
import type { AdminContext } from './routes.js';
import { type TokenOptions, Tokens } from './tokens.js';

/** What the admin server needs to know of the configuration. */
export interface AdminOptions extends TokenOptions {
  readonly address: AdminAddress;
  readonly metricsAddress: AdminAddress | undefined;
}

/** Admin addresses that are open. */
export interface AdminServer {
  /** As text, with the real port where 0 was configured. */
  readonly address: string;
  readonly metricsAddress: string | undefined;
  /** Stops listening, lets requests under way end, closes the rest. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_TARGET_LENGTH = 4096;
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Opens the admin addresses.
 * @throws AdminListenError naming the address that cannot be opened; then none is open.
 */
export async function openAdmin(options: AdminOptions, context: AdminContext): Promise<AdminServer> {
  const tokens = new Tokens(options);
  const full = serve(context, tokens, false);
  const address = await listen(full, options.address, 'admin.address');
  if (options.metricsAddress === undefined) return { address, metricsAddress: undefined, close: () => close(full) };
  const open = serve(context, tokens, true);
  try {
    const metricsAddress = await listen(open, options.metricsAddress, 'admin.metricsAddress');
    return { address, metricsAddress, close: async () => void (await Promise.all([close(full), close(open)])) };
  } catch (error) {
    await close(full);
    throw error;
  }
}

function serve(context: AdminContext, tokens: Tokens, openOnly: boolean): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      // Against clients that send a header byte by byte to keep connections busy.
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 30_000,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      const early = refuseEarly(request);
      if (early !== undefined) return write(request, response, early, true);
      request.resume();
      const { method = '', url = '', headers } = request;
      const asked = { method, target: url, authorization: headers.authorization, host: headers.host, openOnly };
      void answerRequest(asked, context, tokens).then((reply) => write(request, response, reply, false));
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', onClientError);
  return server;
}

/** Refusals that need nothing but the head; the body is not read. */
function refuseEarly({ url = '', headers }: IncomingMessage): Reply | undefined {
  if (url.length > MAX_TARGET_LENGTH)
    return problem(414, 'PM_ADMIN_TOO_LONG', `the request target is longer than ${MAX_TARGET_LENGTH} bytes`);
  const tooLarge = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES;
  return tooLarge ? problem(413, 'PM_ADMIN_TOO_LARGE', 'nothing here takes a body of that size') : undefined;
}

function write(request: IncomingMessage, response: ServerResponse, reply: Reply, hangUp: boolean): void {
  const headers = {
    ...reply.headers,
    'content-length': String(Buffer.byteLength(reply.body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(hangUp ? { connection: 'close' } : {}),
  };
  response.writeHead(reply.status, headers);
  response.end(request.method === 'HEAD' ? undefined : reply.body);
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

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
