import type { WireClient } from './wire-client.js';
import { HEADER } from './wire-client.js';

/** What earlier steps left for later ones. */
export interface Remembered {
  /** Statement ids by the name of the prepare step. */
  readonly ids: Map<string, number>;
}

/** One thing a client does, with the bytes written by hand. */
export interface Step {
  readonly name: string;
  readonly payload: Buffer | ((remembered: Remembered) => Buffer);
  /** `none`: the command has no answer. Default: `frames`. */
  readonly answer?: 'frames' | 'none';
  /** It is a COM_STMT_PREPARE: its id is remembered by this name and not compared. */
  readonly prepares?: string;
  /** LOCAL INFILE: these packets, then an empty one, follow the server's request. */
  readonly file?: readonly Buffer[];
  /** Blots out what may differ between two runs. */
  readonly masked?: (frames: readonly Buffer[]) => readonly Buffer[];
}

/** The frames that each step was answered with. */
export type Run = readonly (readonly Buffer[])[];

function payloadOf(step: Step, remembered: Remembered): Buffer {
  return typeof step.payload === 'function' ? step.payload(remembered) : step.payload;
}

function note(step: Step, frames: readonly Buffer[], remembered: Remembered): void {
  const [first] = frames;
  if (step.prepares === undefined || first === undefined || first[HEADER] !== 0x00) return;
  remembered.ids.set(step.prepares, first.readUInt32LE(HEADER + 1));
}

async function sendFile(client: WireClient, step: Step): Promise<Buffer[]> {
  if (step.file === undefined) return [];
  const request = await client.frame();
  if (request[HEADER] !== 0xfb) return [request];
  let sequence = (request[3] as number) + 1;
  for (const part of [...step.file, Buffer.alloc(0)]) client.packet(part, sequence++);
  return [request];
}

/** Runs a script on a direct connection; COM_STATISTICS behind each command tells where its answer ends. */
export async function runDirect(client: WireClient, script: readonly Step[]): Promise<Run> {
  const remembered: Remembered = { ids: new Map() };
  const run: Buffer[][] = [];
  for (const step of script) {
    client.packet(payloadOf(step, remembered));
    const request = await sendFile(client, step);
    client.packet(Buffer.of(0x09));
    const frames = [...request, ...(await client.upToUptime())];
    note(step, frames, remembered);
    run.push(frames);
  }
  return run;
}

/** Runs a script one command after the other, each answer being as many frames as it was in the run to compare with. */
export async function runLike(client: WireClient, script: readonly Step[], expected: Run, limitMs = 15_000): Promise<Run> {
  const remembered: Remembered = { ids: new Map() };
  const run: Buffer[][] = [];
  for (const [index, step] of script.entries()) {
    client.packet(payloadOf(step, remembered));
    const frames = await sendFile(client, step);
    const count = expected[index]?.length ?? 0;
    try {
      while (frames.length < count) frames.push(await client.frame(limitMs));
    } catch (error) {
      const seen = frames.map((frame) => frame.subarray(0, 60).toString('latin1')).join(' | ');
      throw new Error(`"${step.name}": ${(error as Error).message}; ${frames.length} of ${count} frames came: ${seen}`);
    }
    note(step, frames, remembered);
    run.push(frames);
  }
  run.at(-1)?.push(...client.unread);
  return run;
}

/**
 * Sends all commands without waiting for any answer, in pieces of `pieceBytes`; statement ids are those of an earlier run through the
 * same proxy. Scripts without LOCAL INFILE only.
 */
export async function runPipelined(client: WireClient, script: readonly Step[], expected: Run, pieceBytes: number): Promise<Run> {
  const remembered: Remembered = { ids: new Map() };
  const parts: Buffer[] = [];
  for (const [index, step] of script.entries()) {
    const payload = payloadOf(step, remembered);
    const header = Buffer.alloc(HEADER);
    header.writeUIntLE(payload.length, 0, 3);
    parts.push(header, payload);
    note(step, expected[index] ?? [], remembered);
  }
  const all = Buffer.concat(parts);
  for (let at = 0; at < all.length; at += pieceBytes) {
    client.send(all.subarray(at, at + pieceBytes));
    // A turn of the event loop between two pieces, so that they are written one by one.
    if (pieceBytes < all.length) await new Promise((done) => setImmediate(done));
  }
  const run: Buffer[][] = [];
  for (const [index] of script.entries()) run.push(await client.frames(expected[index]?.length ?? 0));
  run.at(-1)?.push(...client.unread);
  return run;
}

/** Statement ids are each side's own, also where an error text names them. */
function withoutIds(frame: Buffer): Buffer {
  if (frame[HEADER] !== 0xff) return frame;
  return Buffer.from(frame.toString('latin1', 3).replaceAll(/\(\d+\)/g, '(N)'), 'latin1');
}

/** Reads a length-encoded string; `at` is where the next field begins. */
function text(frame: Buffer, start: number): { bytes: Buffer; at: number } {
  const first = frame[start] ?? 0;
  const size = first === 0xfc ? 2 : first === 0xfd ? 3 : 0;
  const from = start + 1 + size;
  if (from > frame.length) return { bytes: Buffer.alloc(0), at: frame.length };
  const length = size === 0 ? first : frame.readUIntLE(start + 1, size);
  return { bytes: frame.subarray(from, from + length), at: from + length };
}

/** Behind a length-encoded number. */
function afterNumber(frame: Buffer, start: number): number {
  const first = frame[start] ?? 0;
  return start + (first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9);
}

/** In the upper byte of the status flags. */
const SESSION_STATE_CHANGED = 0x40;

/** MariaDB lists changed variables in the order of a hash table's memory: the same list may come in two orders. */
function withSortedVariables(frame: Buffer): Buffer {
  const isOk = frame[HEADER] === 0x00 || (frame[HEADER] === 0xfe && frame.length > HEADER + 5);
  if (!isOk) return frame;
  const status = afterNumber(frame, afterNumber(frame, HEADER + 1));
  if (((frame[status + 1] ?? 0) & SESSION_STATE_CHANGED) === 0 || frame.length <= status + 4) return frame;
  const block = text(frame, text(frame, status + 4).at).bytes;
  const items: string[] = [];
  for (let at = 0; at < block.length; ) {
    const end = text(block, at + 1).at;
    items.push(block.toString('latin1', at, end));
    at = end;
  }
  return Buffer.concat([frame.subarray(0, frame.length - block.length), Buffer.from(items.sort().join(''), 'latin1')]);
}

function comparable(step: Step, frames: readonly Buffer[]): string[] {
  const shown = (step.masked?.(frames) ?? frames).map((frame, index) => {
    if (index > 0 || step.prepares === undefined || frame[HEADER] !== 0x00) return withSortedVariables(withoutIds(frame));
    const copy = Buffer.from(frame);
    copy.fill(0, HEADER + 1, HEADER + 5);
    return copy;
  });
  return shown.map((frame) => frame.toString('hex').replace(/^(.{6})(..)/, '$1 $2 '));
}

/** What differs, step by step, in words for a failed assertion; [] when nothing does. */
export function differences(script: readonly Step[], expected: Run, actual: Run): string[] {
  const found: string[] = [];
  for (const [index, step] of script.entries()) {
    const left = comparable(step, expected[index] ?? []);
    const right = comparable(step, actual[index] ?? []);
    const at = left.findIndex((frame, place) => frame !== right[place]);
    if (at < 0 && left.length === right.length) continue;
    const frame = at < 0 ? Math.min(left.length, right.length) : at;
    const plain = (run: Run): string => run[index]?.[frame]?.toString('latin1').replaceAll(/[^ -~]/g, '.') ?? '(none)';
    found.push(
      `"${step.name}", frame ${frame}:\n  server  ${left[frame]?.slice(0, 400)}  ${plain(expected).slice(0, 200)}\n  proxy   ${right[frame]?.slice(0, 400)}  ${plain(actual).slice(0, 200)}`,
    );
  }
  return found;
}
