import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply, StreamSink } from './reply.js';

/** What a client still sends after it has been refused is thrown away up to here, so that it can read the answer; then it is cut. */
const DISCARD_BYTES = 16 * 1024 * 1024;
const DISCARD_MS = 3_000;

/** Writes an answer and, where the request's body has not been read, waits a little for its end. */
export function writeReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const isStream = reply.stream !== undefined && request.method !== 'HEAD';
  const unread = !request.complete;
  const headers = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...reply.headers,
    ...(isStream ? {} : { 'content-length': String(Buffer.byteLength(reply.body)) }),
    ...(unread ? { connection: 'close' } : {}),
  };
  response.on('error', () => request.socket.destroy());
  response.writeHead(reply.status, headers);
  if (request.method === 'HEAD') return void response.end();
  response.write(reply.body);
  if (isStream) {
    request.resume();
    return reply.stream?.(sinkOf(response));
  }
  if (unread) discardRest(request, () => response.end());
  else response.end();
}

/** A connection that is closed while its client still sends is reset, and the client never sees the answer. */
function discardRest(request: IncomingMessage, done: () => void): void {
  let left = DISCARD_BYTES;
  const timer = setTimeout(done, DISCARD_MS);
  const end = () => {
    clearTimeout(timer);
    done();
  };
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  request.on('end', end);
  request.on('error', end);
  request.on('close', end);
  request.resume();
}

function sinkOf(response: ServerResponse): StreamSink {
  return {
    write: (text) => void response.write(text),
    get waitingBytes() {
      return response.writableLength;
    },
    end: () => response.destroy(),
    onEnd: (ended) => void response.once('close', ended),
  };
}
