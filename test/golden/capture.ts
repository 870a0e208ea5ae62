import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Side = 'client' | 'server';

/** One frame as it passed, header included, with what of it is text for the reader. */
export type CapturedFrame = readonly [side: Side, bytes: string, text: string];

/** A conversation of a real driver with a real server, as recorded between them. */
export interface Capture {
  readonly name: string;
  readonly server: string;
  readonly driver: string;
  /** What the driver was told to do. */
  readonly what: string;
  /** What the driver says it got, in its own words: the independent source for what the bytes mean. */
  readonly driverSaw: unknown;
  readonly frames: readonly CapturedFrame[];
}

/** A run of one byte this long is written as `(78*16777215)`. */
const RUN = 48;

/** Hex with long runs folded, so that a packet of 16 MiB takes a line. */
export function foldHex(bytes: Buffer): string {
  let text = '';
  let plainFrom = 0;
  let at = 0;
  while (at < bytes.length) {
    let end = at + 1;
    while (end < bytes.length && bytes[end] === bytes[at]) end += 1;
    if (end - at >= RUN) {
      text += `${bytes.toString('hex', plainFrom, at)}(${bytes.toString('hex', at, at + 1)}*${end - at})`;
      plainFrom = end;
    }
    at = end;
  }
  return text + bytes.toString('hex', plainFrom);
}

/** The bytes that `foldHex` was given. */
export function unfoldHex(text: string): Buffer {
  const parts = text.split(/[()]/).map((part) => {
    const [hex = '', times] = part.split('*');
    return times === undefined ? Buffer.from(hex, 'hex') : Buffer.alloc(Number(times), Number.parseInt(hex, 16));
  });
  return Buffer.concat(parts);
}

/** Printable part of a payload, for people who read captures. */
export function readable(bytes: Buffer): string {
  return bytes
    .subarray(4, 160)
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim();
}

/** Cuts a stream of one direction into frames. Returns the frames and what is left over of the last one. */
export function cutFrames(bytes: Buffer): { frames: Buffer[]; rest: Buffer } {
  const frames: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= 4) {
    const end = at + 4 + bytes.readUIntLE(at, 3);
    if (end > bytes.length) break;
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return { frames, rest: bytes.subarray(at) };
}

/**
 * The form on disk: what is known about the conversation as JSON, an empty line, then one line per frame: `>` from the client, `<` from
 * the server, the bytes in hex, and behind a bar what of them is text. A diff of two recordings shows what changed.
 */
export function writeCapture(capture: Capture): string {
  const { frames, ...head } = capture;
  const lines = frames.map(([side, bytes, text]) => `${side === 'client' ? '>' : '<'} ${bytes} | ${text}`.trimEnd());
  return `${JSON.stringify(head, null, 1)}\n\n${lines.join('\n')}\n`;
}

export function readCapture(text: string): Capture {
  const border = text.indexOf('\n\n');
  const lines = text
    .slice(border + 2)
    .trimEnd()
    .split('\n');
  const frames = lines.map((line): CapturedFrame => {
    const [bytes = '', words = ''] = line.slice(2).split(' | ', 2);
    return [line.startsWith('>') ? 'client' : 'server', bytes.replace(/ \|$/, ''), words];
  });
  return { ...(JSON.parse(text.slice(0, border)) as Omit<Capture, 'frames'>), frames };
}

/** All committed captures, by name. */
export function loadCaptures(): Capture[] {
  const folder = join(projectRoot(), 'test/golden/captures');
  return readdirSync(folder)
    .sort()
    .map((file) => readCapture(readFileSync(join(folder, file), 'utf8')));
}

/** The folder of package.json: this file runs compiled, deeper down than its source. */
export function projectRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const compiled = here.lastIndexOf(`${join('/', '.build')}/`);
  return compiled >= 0 ? here.slice(0, compiled) : join(here, '../..');
}
