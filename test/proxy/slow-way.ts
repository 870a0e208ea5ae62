import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that carries only so much: a plain TCP relay on a port of its own. */
export interface SlowWay {
  readonly port: number;
  /** Bytes per second towards the server, of all connections that carry more than a little. */
  bytesPerSecond: number;
  /** Bytes carried towards the server so far. */
  readonly carriedBytes: number;
  /** Cuts every connection with RST; new ones may come. */
  cut(): void;
  close(): Promise<void>;
}

const TICK_MS = 20;

/** Opens the relay. Traffic from the server passes at full speed. */
export async function openSlowWay(target: { host: string; port: number }, bytesPerSecond: number): Promise<SlowWay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const way = { port: 0, bytesPerSecond, carriedBytes: 0, cut, close };
  let left = 0;
  const waiting: (() => void)[] = [];
  const timer = setInterval(() => {
    left = Math.min(way.bytesPerSecond / 10, left + (way.bytesPerSecond * TICK_MS) / 1000);
    while (left > 0 && waiting.length > 0) waiting.shift()?.();
  }, TICK_MS);

  function join(near: Socket): void {
    const far = connect({ host: target.host, port: target.port, noDelay: true });
    const pair = [near, far] as const;
    pairs.add(pair);
    let carried = 0;
    near.on('data', (bytes: Buffer) => {
      const roomy = far.write(bytes);
      carried += bytes.length;
      way.carriedBytes += bytes.length;
      // Logins and health checks are none of our business.
      if (carried < 100_000) return;
      left -= bytes.length;
      if (left > 0 && roomy) return;
      near.pause();
      waiting.push(() => (roomy || !far.writableNeedDrain ? near.resume() : far.once('drain', () => near.resume())));
    });
    far.on('data', (bytes: Buffer) => {
      if (near.write(bytes)) return;
      far.pause();
      near.once('drain', () => far.resume());
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('end', () => other.end());
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  }

  function cut(): void {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  const server: Server = createServer({ noDelay: true }, join);
  function close(): Promise<void> {
    clearInterval(timer);
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    return new Promise((done) => server.close(() => done()));
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  way.port = typeof address === 'object' && address !== null ? address.port : 0;
  return way;
}
