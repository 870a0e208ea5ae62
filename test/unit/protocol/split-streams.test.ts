import { deepStrictEqual } from 'node:assert';
import t from 'tap';
import { IgnoreFrames } from '../../../src/net/frame-handler.js';
import { FrameSplitter } from '../../../src/net/frame-splitter.js';
import { HEADER_SIZE, payloadLength } from '../../../src/protocol/frame.js';
import { ResponseTracker } from '../../../src/protocol/response-tracker.js';
import { loadCaptures, unfoldHex } from '../../golden/capture.js';
import { replay, type Step } from './replay.js';

/*
 * Captured answers as a socket may deliver them: cut in two at every byte, headers included. The splitter of src/net puts frames together,
 * the tracker names them: together they must see what was sent, and the end of the answer in the last byte.
 */

interface Answer {
  readonly command: Step;
  readonly roles: readonly string[];
  readonly stream: Buffer;
}

const FROM_SERVER = new Set<Step['kind']>([
  ...([
    'ok',
    'err',
    'eof',
    'result-header',
    'column',
    'row',
    'local-infile',
    'prepare-ok',
    'param',
    'data',
    'continuation',
    'auth',
  ] as const),
]);

/** The answers of a capture, each with the bytes of all its frames. */
function answersOf(steps: readonly Step[], frames: readonly Buffer[]): Answer[] {
  const answers: { command: Step; roles: string[]; frames: Buffer[] }[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.command === -1) continue;
    if (step.kind === 'command') answers.push({ command: step, roles: [], frames: [] });
    else if (FROM_SERVER.has(step.kind)) {
      answers.at(-1)?.roles.push(step.kind);
      answers.at(-1)?.frames.push(frames[index] ?? Buffer.alloc(0));
    }
  }
  return answers.map(({ command, roles, frames: list }) => ({ command, roles, stream: Buffer.concat(list) }));
}

class Roles extends IgnoreFrames {
  readonly tracker = new ResponseTracker();
  readonly roles: string[] = [];

  override onFrame(chunk: Buffer, start: number, end: number): void {
    this.roles.push(this.tracker.frame(chunk, start + HEADER_SIZE, end - start - HEADER_SIZE));
  }

  override onPart(chunk: Buffer, start: number, _end: number, first: boolean): void {
    if (first) this.roles.push(this.tracker.frame(chunk, start + HEADER_SIZE, payloadLength(chunk, start)));
  }
}

/** Feeds the two pieces; nothing may be lost, and only the second can bring the end. */
function feedCut({ command, roles, stream }: Answer, cut: number): void {
  const splitter = new FrameSplitter();
  const handler = new Roles();
  splitter.handler = handler;
  handler.tracker.begin(command.command, command.capabilities, command.mariadbCapabilities);
  // Pieces of their own memory, as two reads have: no byte of the second is behind the first.
  splitter.feed(Buffer.from(stream.subarray(0, cut)));
  const doneEarly = handler.tracker.done && handler.roles.length < roles.length;
  deepStrictEqual(doneEarly, false, `done too early, cut at ${cut}`);
  splitter.feed(Buffer.from(stream.subarray(cut)));
  deepStrictEqual(handler.roles, roles, `cut at ${cut}`);
  deepStrictEqual(handler.tracker.done, true, `not done, cut at ${cut}`);
}

/** Every byte of an ordinary answer; of a huge one those around its headers. */
function cuts(stream: Buffer): number[] {
  if (stream.length <= 8192) return Array.from({ length: stream.length }, (_, index) => index).slice(1);
  const found: number[] = [];
  for (let at = 0; at < stream.length; at += HEADER_SIZE + payloadLength(stream, at)) {
    if (at > 0 && found.length < 12) found.push(at - 1, at, at + 1, at + 3, at + 4, at + 5);
  }
  return found.filter((cut) => cut < stream.length);
}

for (const capture of loadCaptures()) {
  t.test(capture.name, async (t) => {
    const frames = capture.frames.map(([, hex]) => unfoldHex(hex));
    let tried = 0;
    for (const answer of answersOf(replay(capture), frames)) {
      // A huge answer of many frames costs as much memory again for each cut.
      for (const cut of cuts(answer.stream)) {
        feedCut(answer, cut);
        tried += 1;
      }
    }
    t.pass(`${tried} cuts`);
  });
}
