import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens when the words pass on their way to the server. */
export interface Cut {
  /** Bytes of a command. */
  readonly words: string;
  /**
   * `before`: the server never gets them. `after`: it gets them and answers, and nobody hears it. `waits`: they are sent on once `meanwhile` is done,
   * and nothing is cut.
   */
  readonly when: 'before' | 'after' | 'waits';
  /** Runs at that moment, before the connection is cut. */
  readonly meanwhile?: () => Promise<void>;
}

/** A way to a server that cuts one connection, once, where the test wants it: RST towards the proxy, an end towards the server. */
export class WatchedWay {
  port = 0;
  #cut: Cut | undefined;
  /** How often a cut has happened. */
  cuts = 0;
  readonly #sockets = new Set<Socket>();
  /** Of these the proxy's. */
  readonly #nears = new Set<Socket>();
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (near) => this.#pass(near));
  }

  static async open(target: { host: string; port: number }): Promise<WatchedWay> {
    const way = new WatchedWay(target);
    await new Promise<void>((done) => way.#server.listen(0, '127.0.0.1', done));
    const address = way.#server.address();
    way.port = typeof address === 'object' && address !== null ? address.port : 0;
    return way;
  }

  /** The next connection that says the words is cut. */
  arm(cut: Cut | undefined): void {
    this.#cut = cut;
  }

  /** Every connection that is open now ends with an RST, whatever is under way on it. */
  cutAll(): void {
    this.cuts += 1;
    for (const near of this.#nears) Object.assign(near, { resetAndClosing: true }).destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #pass(near: Socket): void {
    const far = connect({ ...this.#target, noDelay: true });
    this.#nears.add(near);
    near.once('close', () => this.#nears.delete(near));
    let isDeaf = false;
    const end = async (meanwhile: Cut['meanwhile']): Promise<void> => {
      this.cuts += 1;
      await meanwhile?.();
      // RST and nothing before it: `resetAndDestroy` says FIN first.
      Object.assign(near, { resetAndClosing: true }).destroy();
      far.destroy();
    };
    near.on('data', (bytes: Buffer) => {
      const cut = this.#cut;
      if (isDeaf || cut === undefined || !bytes.includes(cut.words)) {
        if (!isDeaf) far.write(bytes);
        return;
      }
      this.#cut = undefined;
      if (cut.when === 'waits') {
        this.cuts += 1;
        return void cut.meanwhile?.().then(() => far.write(bytes));
      }
      isDeaf = true;
      if (cut.when === 'before') return void end(cut.meanwhile);
      far.once('data', () => void end(cut.meanwhile));
      far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => {
      if (!isDeaf) near.write(bytes);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('end', () => other.end());
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        if (!isDeaf) other.destroy();
      });
    }
  }
}
