import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bounds a server's connections. Where there are too many, the one goes that has had no request under way for the longest time: those who say nothing must not
 * keep out a probe that has something to say. Where all are busy the new one goes.
 */
export function limitConnections(server: Server, most: number): void {
  /** Without a request under way, the longest first. */
  const resting = new Map<unknown, Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open += 1;
    resting.set(key, socket);
    socket.once('close', () => {
      open -= 1;
      if (resting.get(key) === socket) resting.delete(key);
    });
    if (open <= most) return;
    const [longest = socket] = resting.values();
    longest.destroy();
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const key = keyOf(socket);
    const raw = resting.get(key);
    if (raw === undefined) return;
    resting.delete(key);
    response.once('close', () => {
      if (!raw.destroyed) resting.set(key, raw);
    });
  });
}

/** A request over TLS has another socket than the connection that it came by, with the same two ends. */
function keyOf(socket: Socket): unknown {
  return socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`;
}
