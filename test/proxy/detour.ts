import { connect, createServer, type Socket } from 'node:net';
import { HEADER } from './wire-client.js';

/** A way to a real server on which some things are said by a script: for what no server at hand knows. */
export interface Detour {
  readonly port: number;
  /** Packets of commands that went by towards the server, header included, with the script's own answers too. */
  readonly commands: Buffer[];
  /** Payloads to answer a command with, in the server's place; undefined: the server's turn. May be replaced at any time. */
  script: (payload: Buffer) => readonly Buffer[] | undefined;
  /** RST for everybody. */
  cut(): void;
  close(): Promise<void>;
}

function frame(payload: Buffer, sequence: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = sequence & 0xff;
  return Buffer.concat([header, payload]);
}

/** Gives whole frames. */
function framed(socket: Socket, take: (frame: Buffer) => void): void {
  let held = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    while (held.length >= HEADER && held.length >= HEADER + held.readUIntLE(0, 3)) {
      const size = HEADER + held.readUIntLE(0, 3);
      take(held.subarray(0, size));
      held = held.subarray(size);
    }
  });
}

/** Without the offer of TLS, behind which nothing could be read. */
function plain(greeting: Buffer): Buffer {
  const copy = Buffer.from(greeting);
  const at = copy.indexOf(0, 1) + 1 + 4 + 8 + 1;
  copy.writeUInt16LE(copy.readUInt16LE(at) & ~0x800, at);
  return copy;
}

/**
 * @param greeting changes the payload of the server's greeting; its capabilities should not promise what the server does not do
 * @param toServer changes a command's payload on its way to the server, when the greeting promised too much
 */
export async function openDetour(
  target: { host: string; port: number },
  greeting: (payload: Buffer) => Buffer = (it) => it,
  toServer: (payload: Buffer) => Buffer = (it) => it,
): Promise<Detour> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const detour: { -readonly [K in keyof Detour]: Detour[K] } = { port: 0, commands: [], script: () => undefined, cut, close };

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...target, noDelay: true });
    const pair = [near, far] as const;
    pairs.add(pair);
    let greeted = false;
    framed(far, (bytes) => {
      near.write(greeted ? bytes : frame(plain(greeting(bytes.subarray(HEADER))), bytes[3] as number));
      greeted = true;
    });
    framed(near, (bytes) => {
      const isCommand = bytes[3] === 0;
      if (isCommand) detour.commands.push(Buffer.from(bytes));
      const answer = isCommand ? detour.script(bytes.subarray(HEADER)) : undefined;
      if (answer === undefined) far.write(isCommand ? frame(toServer(bytes.subarray(HEADER)), 0) : bytes);
      else near.write(Buffer.concat(answer.map((payload, index) => frame(payload, index + 1))));
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
  });
  function cut(): void {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  }
  function close(): Promise<void> {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    return new Promise((done) => server.close(() => done()));
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  detour.port = typeof address === 'object' && address !== null ? address.port : 0;
  return detour;
}
