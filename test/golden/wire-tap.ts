import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type CapturedFrame, cutFrames, foldHex, readable, type Side } from './capture.js';

/** A man in the middle of one TCP connection: passes bytes on as they are and keeps them, in order, for both directions. */
export class WireTap {
  readonly #server: Server;
  readonly #chunks: { side: Side; bytes: Buffer }[] = [];
  readonly #sockets: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(target: { host: string; port: number }): Promise<WireTap> {
    const server = createServer();
    const tap = new WireTap(server);
    server.on('connection', (client) => {
      const backend = connect(target);
      tap.#join('client', client, backend);
      tap.#join('server', backend, client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return tap;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Bytes that came from the server so far. */
  get serverBytes(): number {
    return this.#chunks.filter((chunk) => chunk.side === 'server').reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  }

  /** Closes everything and gives the frames in the order in which they were complete. */
  async close(): Promise<CapturedFrame[]> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    const frames: CapturedFrame[] = [];
    const rest = { client: Buffer.alloc(0), server: Buffer.alloc(0) };
    for (const { side, bytes } of this.#chunks) {
      const cut = cutFrames(Buffer.concat([rest[side], bytes]));
      rest[side] = Buffer.from(cut.rest);
      for (const frame of cut.frames) frames.push([side, foldHex(frame), readable(frame)]);
    }
    return frames;
  }

  #join(side: Side, from: Socket, to: Socket): void {
    this.#sockets.push(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => {
      this.#chunks.push({ side, bytes });
      to.write(bytes);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
  }
}
