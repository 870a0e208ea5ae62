import { COM } from '../proxy/payloads.js';
import { HEADER, type WireClient } from '../proxy/wire-client.js';

/**
 * Finds where an answer ends, from nothing but the first bytes of its frames: the protocol as its documentation tells it, nothing of the
 * proxy's own reader. All frames as they came.
 */
export class AnswerReader {
  readonly #client: WireClient;
  readonly #deprecateEof: boolean;
  #frames: Buffer[] = [];
  #outParameters = false;

  constructor(client: WireClient, deprecateEof: boolean) {
    this.#client = client;
    this.#deprecateEof = deprecateEof;
  }

  async read(command: number, limitMs: number): Promise<Buffer[]> {
    this.#frames = [];
    if (command === COM.prepare) await this.#prepared(limitMs);
    else if (command === COM.fieldList || command === COM.fetch) await this.#untilEnd(limitMs);
    else await this.#results(limitMs);
    return this.#frames;
  }

  async #next(limitMs: number): Promise<Buffer> {
    const frame = await this.#client.frame(limitMs);
    this.#frames.push(frame);
    return frame;
  }

  /** Frames up to EOF (or the OK in its place), or ERR; gives the last. */
  async #untilEnd(limitMs: number): Promise<Buffer> {
    for (;;) {
      const frame = await this.#next(limitMs);
      const first = frame[HEADER];
      if (first === 0xff) return frame;
      const short = this.#deprecateEof ? frame.length < HEADER + 0xff_ffff : frame.length < HEADER + 9;
      if (first === 0xfe && short) return frame;
    }
  }

  async #prepared(limitMs: number): Promise<void> {
    const frame = await this.#next(limitMs);
    if (frame[HEADER] !== 0x00) return;
    const [columns, parameters] = [frame.readUInt16LE(HEADER + 5), frame.readUInt16LE(HEADER + 7)];
    for (const count of [parameters, columns]) {
      if (count === 0) continue;
      for (let left = count + (this.#deprecateEof ? 0 : 1); left > 0; left--) await this.#next(limitMs);
    }
  }

  async #results(limitMs: number): Promise<void> {
    for (;;) {
      const first = await this.#next(limitMs);
      const kind = first[HEADER];
      // COM_SET_OPTION is answered with an EOF.
      if (kind === 0xff || kind === 0xfe) return;
      if (kind === 0x00) {
        if (!hasMore(okStatus(first))) return;
        continue;
      }
      this.#outParameters = false;
      const last = await this.#rows(first, limitMs);
      if (last[HEADER] === 0xff || (!this.#outParameters && !hasMore(this.#statusOfEnd(last)))) return;
    }
  }

  async #rows(header: Buffer, limitMs: number): Promise<Buffer> {
    const columns = (header[HEADER] as number) === 0xfc ? header.readUInt16LE(HEADER + 1) : (header[HEADER] as number);
    for (let left = columns; left > 0; left--) await this.#next(limitMs);
    if (!this.#deprecateEof) {
      const eof = await this.#next(limitMs);
      // A cursor is open: rows come when they are fetched.
      // With OUT parameters the EOF behind the row lacks the bit for more, although an OK follows: both servers.
      this.#outParameters = eof[HEADER] === 0xfe && (this.#statusOfEnd(eof) & OUT_PARAMETERS) !== 0;
      if (eof[HEADER] === 0xff || (this.#statusOfEnd(eof) & CURSOR_EXISTS) !== 0) return eof;
    }
    return this.#untilEnd(limitMs);
  }

  #statusOfEnd(frame: Buffer): number {
    return this.#deprecateEof ? okStatus(frame) : frame.readUInt16LE(HEADER + 3);
  }
}

const CURSOR_EXISTS = 0x40;
const OUT_PARAMETERS = 0x1000;
const hasMore = (status: number): boolean => (status & 0x08) !== 0;

/** Behind a length-encoded number. */
export function afterNumber(frame: Buffer, start: number): number {
  const first = frame[start] ?? 0;
  return start + (first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9);
}

/** Where the status flags of an OK stand. */
export const statusAt = (ok: Buffer): number => afterNumber(ok, afterNumber(ok, HEADER + 1));

function okStatus(ok: Buffer): number {
  return ok.readUInt16LE(statusAt(ok));
}
