import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { CAPS, frameOf } from './wire-client.js';

/** An SSLRequest packet: header included, sequence id 1. */
export function sslRequest(): Buffer {
  const payload = Buffer.alloc(32);
  payload.writeUInt32LE((CAPS.plain | CAPS.ssl) >>> 0, 0);
  payload.writeUInt32LE(0x100_0000, 4);
  payload[8] = 45;
  return frameOf(payload, 1);
}

/** Connects and waits for the greeting, which is thrown away. Fails after ten seconds without one. */
export function greeted(port: number, host = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host });
    const timer = setTimeout(() => socket.destroy(new Error('no greeting in 10 s')), 10_000);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed instead of a greeting')));
    socket.once('data', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** As far as the end of the TLS handshake, as node:tls as a MySQL client. Nothing is verified unless asked for. */
export async function startTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = await greeted(port);
  socket.write(sslRequest());
  return await new Promise((resolve, reject) => {
    const secure = connectTls({ rejectUnauthorized: false, ...options, socket });
    secure.once('secureConnect', () => {
      secure.on('error', () => undefined);
      resolve(secure);
    });
    secure.once('error', (error) => {
      socket.destroy();
      reject(error);
    });
  });
}

/** The session that a handshake yields, to resume it with; TLS 1.3 sends it a moment after. */
export async function sessionOf(port: number, options: ConnectionOptions = {}): Promise<Buffer> {
  const secure = await startTls(port, options);
  const session = await new Promise<Buffer>((resolve) => {
    const known = secure.getSession();
    if (secure.getProtocol() === 'TLSv1.2' && known !== undefined) resolve(known);
    else secure.once('session', resolve);
  });
  secure.destroy();
  return session;
}
