import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * RST and nothing before it. `resetAndDestroy` says FIN first, and a peer that reads fast takes that for a server that ends a session by its own will.
 */
function reset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true }).destroy();
}

/**
 * A way to a server through which the proxy goes, and which can be cut for one account alone: RST for its connections, nothing for the
 * others. The account is read from what the proxy sends first (no TLS).
 */
export class CuttableWay {
  port = 0;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<{ near: Socket; far: Socket; account: string }>();
  readonly #server: Server;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (near) => this.#pass(near));
  }

  static async open(target: { host: string; port: number }): Promise<CuttableWay> {
    const way = new CuttableWay(target);
    await new Promise<void>((done) => way.#server.listen(0, '127.0.0.1', done));
    const address = way.#server.address();
    way.port = typeof address === 'object' && address !== null ? address.port : 0;
    return way;
  }

  /** Cuts the connections of one account; gives how many there were. They are gone for the server when this settles. */
  async cut(account: string): Promise<number> {
    const pairs = [...this.#pairs].filter((pair) => pair.account === account);
    for (const { near, far } of pairs) {
      reset(near);
      far.destroy();
    }
    return pairs.length;
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #pass(near: Socket): void {
    const far = connect({ ...this.#target, noDelay: true });
    const pair = { near, far, account: '' };
    this.#pairs.add(pair);
    near.once('data', (bytes: Buffer) => {
      pair.account = /lane\d\d[ab]/.exec(bytes.toString('latin1'))?.[0] ?? '';
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('data', (bytes: Buffer) => {
        if (!other.write(bytes)) {
          one.pause();
          other.once('drain', () => one.resume());
        }
      });
      one.on('end', () => other.end());
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}
