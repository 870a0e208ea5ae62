import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { DATABASE, PASSWORDS } from '../test/servers/servers.js';

const COM_QUERY = 0x03;
const EOF_HEADER = 0xfe;
const ERR_HEADER = 0xff;
const TICK_MS = 20;

/**
 * Finds the end of one result set in a stream of packets, looking at headers only. Rows are told from the end by their length, so
 * the first column of a row must not be longer than 16 MiB; packets of 16 MiB - 1 are continued by the next.
 */
class ResultEnd {
  #header = 0;
  #headerBytes = 0;
  #left = 0;
  #firstByte = -1;
  #length = 0;
  #packets = 0;
  #continues = false;
  done = false;
  refused = false;

  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < 4) {
        const byte = chunk[at++] ?? 0;
        if (this.#headerBytes < 3) this.#header |= byte << (8 * this.#headerBytes);
        if (++this.#headerBytes < 4) continue;
        this.#length = this.#header;
        this.#left = this.#header;
        this.#firstByte = -1;
      } else {
        if (this.#firstByte < 0) this.#firstByte = chunk[at] ?? 0;
        const taken = Math.min(this.#left, chunk.length - at);
        at += taken;
        this.#left -= taken;
      }
      if (this.#left === 0) this.#packetEnds();
    }
  }

  #packetEnds(): void {
    const continued = this.#continues;
    this.#continues = this.#length === 0xffffff;
    this.#headerBytes = 0;
    this.#header = 0;
    if (continued) return;
    this.#packets += 1;
    if (this.#firstByte === ERR_HEADER) {
      this.done = true;
      this.refused = true;
    }
    // Packets 1 and 2 are the column count and the only column; the third may be the end of the columns.
    if (this.#packets > 3 && this.#firstByte === EOF_HEADER && this.#length < 0xffffff) this.done = true;
  }
}

export interface SlowReading {
  readonly bytes: number;
  readonly slowSeconds: number;
  /** For what was left after `slowSeconds`, read as fast as it came. */
  readonly fastSeconds: number;
}

/** Reads at most `bytesPerSecond`: takes what is due every 20 ms and leaves the rest to the kernel, so that its windows fill up. */
async function readSlowly(socket: Socket, end: ResultEnd, limits: { bytesPerSecond: number; seconds: number }): Promise<number> {
  const started = performance.now();
  let bytes = 0;
  while (!end.done && performance.now() - started < limits.seconds * 1000) {
    const due = ((performance.now() - started) / 1000) * limits.bytesPerSecond;
    while (bytes < due) {
      const chunk: Buffer | null = socket.read(Math.min(16_384, socket.readableLength)) as Buffer | null;
      if (chunk === null) break;
      bytes += chunk.length;
      end.read(chunk);
    }
    if (socket.readableLength === 0) socket.read(0);
    if (socket.destroyed) throw new Error('the connection ended in the middle of the result');
    await sleep(TICK_MS);
  }
  return bytes;
}

async function readFast(socket: Socket, end: ResultEnd): Promise<number> {
  let bytes = 0;
  while (!end.done) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) {
      bytes += chunk.length;
      end.read(chunk);
      continue;
    }
    if (socket.destroyed) throw new Error('the connection ended in the middle of the result');
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        socket.off('readable', wake).off('close', wake);
        resolve();
      };
      socket.on('readable', wake).on('close', wake);
    });
  }
  return bytes;
}

/**
 * Logs in with mysql2, then takes the socket and reads the answer to one statement of one column itself, at `bytesPerSecond` for at
 * most `seconds`; `onSlowEnd` is called before the rest is read at full speed.
 */
export async function readResultSlowly(
  port: number,
  sql: string,
  limits: { readonly bytesPerSecond: number; readonly seconds: number; readonly onSlowEnd: () => void },
): Promise<SlowReading> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'app', password: PASSWORDS.app, database: DATABASE });
  connection.on('error', () => undefined);
  // The driver's core connection keeps its socket in `stream`; promise connections wrap it.
  const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection;
  try {
    stream.removeAllListeners('data');
    stream.pause();
    await sleep(0);
    const end = new ResultEnd();
    const text = Buffer.from(sql);
    const packet = Buffer.alloc(5 + text.length);
    packet.writeUIntLE(text.length + 1, 0, 3);
    packet[4] = COM_QUERY;
    text.copy(packet, 5);
    const started = performance.now();
    stream.on('readable', () => undefined); // paused mode: nothing is read but what we ask for
    stream.write(packet);
    const slow = await readSlowly(stream, end, limits);
    const slowEnded = performance.now();
    limits.onSlowEnd();
    const fast = await readFast(stream, end);
    if (end.refused) throw new Error('the large result was refused');
    const ended = performance.now();
    return { bytes: slow + fast, slowSeconds: (slowEnded - started) / 1000, fastSeconds: (ended - slowEnded) / 1000 };
  } finally {
    connection.destroy();
  }
}
