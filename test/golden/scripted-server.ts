import { type AddressInfo, createServer, type Server } from 'node:net';
import { cutFrames } from './capture.js';

/*
 * A server that says the same to everybody, for requests that no server at hand understands (query attributes came with MySQL 8.0.23): the
 * driver's bytes are what is wanted. Its packets are written by hand.
 */

// 8.0.36, nonce of twenty `a`, every capability but SSL and COMPRESS, mysql_native_password
const GREETING = `0a382e302e333600070000006161616161616161 00 dff7 ff 0200 ffdf 15 ${'00'.repeat(10)} ${'61'.repeat(12)}00
  6d7973716c5f6e61746976655f70617373776f726400`;
const OK = '00000002000000';
// Statement 1, no columns, one parameter; then its definition.
const PREPARE_OK = ['000100000000000100000000', '0364656600000001 3f 00 0c 3f00 00000000 fd 8000 00 0000'];

/** Opens the server on a free port of the loopback. */
export async function openScriptedServer(): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(frames([GREETING], 0));
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      const cut = cutFrames(Buffer.concat([rest, bytes]));
      rest = cut.rest;
      for (const frame of cut.frames) {
        const answer = answerTo(frame);
        if (answer.length > 0) socket.write(frames(answer, (frame[3] ?? 0) + 1));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

function answerTo(frame: Buffer): readonly string[] {
  const login = frame[3] !== 0;
  if (login) return [OK];
  if (frame[4] === 0x16) return PREPARE_OK;
  return frame[4] === 0x01 || frame[4] === 0x18 || frame[4] === 0x19 ? [] : [OK];
}

function frames(payloads: readonly string[], sequence: number): Buffer {
  const list = payloads.map((text, index) => {
    const payload = Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
    return Buffer.concat([Buffer.from([payload.length, 0, 0, sequence + index]), payload]);
  });
  return Buffer.concat(list);
}
