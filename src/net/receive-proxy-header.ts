import type { Socket } from 'node:net';
import { type Endpoints, parseProxyHeader } from './proxy-header.js';

/** `gone`: the peer left by itself, the socket is closed. After `bad` and `timeout` the caller may still say something. */
export type ProxyHeaderOutcome =
  | { readonly kind: 'header'; readonly endpoints: Endpoints | undefined }
  | { readonly kind: 'bad' | 'timeout' | 'gone'; readonly why: string };

/**
 * Waits for the PROXY header at the beginning of a connection. What follows the header stays in the socket, which is left paused: wrap it in
 * a `PacketSocket` inside `done`. `done` is called once, and later.
 */
export function receiveProxyHeader(socket: Socket, timeoutMs: number, done: (outcome: ProxyHeaderOutcome) => void): void {
  let held: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => settle({ kind: 'timeout', why: `no PROXY header within ${timeoutMs} ms` }), timeoutMs);
  const settle = (outcome: ProxyHeaderOutcome): void => {
    clearTimeout(timer);
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.off('close', onClose);
    socket.pause();
    done(outcome);
    socket.off('error', onError);
    if (outcome.kind === 'gone') socket.on('error', () => undefined).destroy();
  };
  const onData = (chunk: Buffer): void => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const header = parseProxyHeader(held);
    if (header.kind === 'incomplete') return;
    if (header.kind === 'bad') return settle(header);
    socket.pause();
    if (held.length > header.length) socket.unshift(held.subarray(header.length));
    settle(header);
  };
  const onError = (error: Error): void => settle({ kind: 'gone', why: error.message });
  const onEnd = (): void => settle({ kind: 'gone', why: 'the peer closed the connection before its PROXY header was whole' });
  const onClose = (): void => settle({ kind: 'gone', why: 'the connection was closed before its PROXY header was whole' });
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.on('error', onError);
  socket.on('close', onClose);
}
