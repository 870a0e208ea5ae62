import fc from 'fast-check';
import t from 'tap';
import type { FrameHandler } from '../../../src/net/frame-handler.js';
import { FIRST_PART_PAYLOAD, FrameSplitter } from '../../../src/net/frame-splitter.js';

/** Frame bytes built by hand: the codec under test is not used to make its own input. */
function frame(length: number, sequence: number, fill: number): Buffer {
  const bytes = Buffer.alloc(4 + length, fill);
  bytes[0] = length & 0xff;
  bytes[1] = (length >> 8) & 0xff;
  bytes[2] = length >> 16;
  bytes[3] = sequence;
  return bytes;
}

class Recorder implements FrameHandler {
  readonly frames: Buffer[] = [];
  parts: Buffer[] = [];
  firstParts: number[] = [];
  batches = 0;
  givenSinceBatch = 0;
  emptyBatches = 0;
  after: (() => void) | undefined;

  onFrame(chunk: Buffer, start: number, end: number): void {
    this.frames.push(Buffer.from(chunk.subarray(start, end)));
    this.givenSinceBatch++;
    this.after?.();
  }
  onPart(chunk: Buffer, start: number, end: number, first: boolean, last: boolean): void {
    if (first) {
      if (this.parts.length > 0) throw new Error('a first part inside a frame');
      this.firstParts.push(end - start);
    }
    this.parts.push(Buffer.from(chunk.subarray(start, end)));
    this.givenSinceBatch++;
    if (last) {
      this.frames.push(Buffer.concat(this.parts));
      this.parts = [];
    }
    this.after?.();
  }
  onBatchEnd(): void {
    this.batches++;
    if (this.givenSinceBatch === 0) this.emptyBatches++;
    this.givenSinceBatch = 0;
  }
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
}

function split(stream: Buffer, cuts: readonly number[], limit?: number): Recorder {
  const recorder = new Recorder();
  const splitter = new FrameSplitter();
  splitter.handler = recorder;
  if (limit !== undefined) splitter.heldPayloadLimit = limit;
  let from = 0;
  for (const cut of [...cuts, stream.length]) {
    if (cut > from) splitter.feed(Buffer.from(stream.subarray(from, cut)));
    from = Math.max(from, cut);
  }
  return recorder;
}

t.test('four frames split at every pair of bytes come out as they were', async (t) => {
  const frames = [frame(5, 0, 1), frame(0, 1, 0), frame(70, 2, 3), frame(1, 3, 4)];
  const stream = Buffer.concat(frames);
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const recorder = split(stream, [first, second]);
      if (!Buffer.concat(recorder.frames).equals(stream) || recorder.frames.length !== frames.length || recorder.emptyBatches > 0) {
        t.fail(`split at ${first} and ${second}`);
        return;
      }
    }
  }
  t.pass(`${stream.length} bytes`);
});

t.test('any frames in any pieces, with any limit: same bytes, same frames, parts only above the limit', async (t) => {
  const size = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 60_000, max: 70_000 }), fc.integer({ min: 0, max: 200_000 }));
  fc.assert(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(500_000), { maxLength: 12 }),
      fc.constantFrom(64, 100, 65_536),
      (sizes, cuts, limit) => {
        const frames = sizes.map((length, index) => frame(length, index, index + 1));
        const stream = Buffer.concat(frames);
        const sorted = cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b);
        const recorder = split(stream, sorted, limit);
        return (
          recorder.frames.length === frames.length &&
          recorder.frames.every((got, index) => got.equals(frames[index] as Buffer)) &&
          recorder.emptyBatches === 0 &&
          recorder.firstParts.every((length) => length >= 4 + FIRST_PART_PAYLOAD) &&
          recorder.firstParts.length <= sizes.filter((length) => length > limit).length
        );
      },
    ),
    { numRuns: 200 },
  );
  t.pass();
});

t.test('a byte at a time', async (t) => {
  const stream = Buffer.concat([frame(3, 0, 1), frame(500, 1, 2), frame(300, 2, 3)]);
  const cuts = Array.from({ length: stream.length }, (_, index) => index);
  const recorder = split(stream, cuts, 300);
  const lengths = recorder.frames.map((bytes) => bytes.length);
  t.same(lengths, [7, 504, 304]);
  t.ok(Buffer.concat(recorder.frames).equals(stream));
  t.same(recorder.firstParts, [68]);
});

t.test('whole frames are handed over in place; the one that straddles reads is copied alone', async (t) => {
  const splitter = new FrameSplitter();
  const chunks: Buffer[] = [];
  splitter.handler = Object.assign(new Recorder(), { onFrame: (chunk: Buffer) => chunks.push(chunk) });
  const stream = Buffer.concat([frame(10, 0, 1), frame(20, 1, 2), frame(5, 2, 2)]);
  const first = stream.subarray(0, 20);
  const second = stream.subarray(20);
  splitter.feed(first);
  splitter.feed(second);
  t.equal(chunks.length, 3);
  t.equal(chunks[0], first);
  t.not(chunks[1], second);
  t.equal(chunks[2], second);
});

t.test('pause inside a callback keeps the rest until resume and run', async (t) => {
  const splitter = new FrameSplitter();
  const recorder = new Recorder();
  splitter.handler = recorder;
  recorder.after = () => splitter.pause();
  splitter.feed(Buffer.concat([frame(1, 0, 1), frame(2, 1, 2), frame(3, 2, 3).subarray(0, 5)]));
  t.equal(recorder.frames.length, 1);
  t.equal(recorder.batches, 1, 'what was given before the pause is a batch');
  t.ok(splitter.hasKept);
  splitter.feed(frame(3, 2, 3).subarray(5));
  t.equal(recorder.frames.length, 1, 'a read that comes in spite of the pause waits too');
  splitter.resume();
  splitter.run();
  t.equal(recorder.frames.length, 2);
  splitter.resume();
  splitter.run();
  t.equal(recorder.frames.length, 3);
  t.ok(recorder.frames[2]?.equals(frame(3, 2, 3)));
  t.notOk(splitter.hasKept);
});

t.test('pause and resume inside the same callback changes nothing', async (t) => {
  const splitter = new FrameSplitter();
  const recorder = new Recorder();
  splitter.handler = recorder;
  recorder.after = () => {
    splitter.pause();
    splitter.resume();
  };
  splitter.feed(Buffer.concat([frame(1, 0, 1), frame(2, 1, 2)]));
  t.equal(recorder.frames.length, 2);
  t.equal(recorder.batches, 1);
});

t.test('a handler swapped inside a callback gets the rest of the read', async (t) => {
  const splitter = new FrameSplitter();
  const first = new Recorder();
  const second = new Recorder();
  first.after = () => {
    splitter.handler = second;
  };
  splitter.handler = first;
  splitter.feed(Buffer.concat([frame(1, 0, 1), frame(2, 1, 2), frame(3, 2, 3)]));
  t.equal(first.frames.length, 1);
  t.equal(second.frames.length, 2);
  t.equal(first.batches, 0);
  t.equal(second.batches, 1);
});

t.test('close inside a callback: nothing more, not even the batch end', async (t) => {
  const splitter = new FrameSplitter();
  const recorder = new Recorder();
  recorder.after = () => splitter.close();
  splitter.handler = recorder;
  splitter.feed(Buffer.concat([frame(1, 0, 1), frame(2, 1, 2)]));
  splitter.feed(frame(1, 0, 1));
  t.equal(recorder.frames.length, 1);
  t.equal(recorder.batches, 0);
});

t.test('takeRest gives the bytes behind the current frame, and those held', async (t) => {
  const splitter = new FrameSplitter();
  const recorder = new Recorder();
  let rest: Buffer = Buffer.alloc(0);
  recorder.after = () => {
    rest = splitter.takeRest();
  };
  splitter.handler = recorder;
  splitter.feed(Buffer.concat([frame(1, 0, 1), Buffer.from('hello')]));
  t.equal(rest.toString(), 'hello');
  recorder.after = undefined;
  splitter.feed(Buffer.from([1, 2]));
  t.ok(splitter.midFrame);
  t.same([...splitter.takeRest()], [1, 2]);
  t.notOk(splitter.midFrame);
});

t.test('midFrame is true exactly between frames cut in two', async (t) => {
  const stream = Buffer.concat([frame(3, 0, 1), frame(100, 1, 1)]);
  for (let cut = 0; cut <= stream.length; cut++) {
    const splitter = new FrameSplitter();
    splitter.heldPayloadLimit = 64;
    splitter.handler = new Recorder();
    splitter.feed(stream.subarray(0, cut));
    t.equal(splitter.midFrame, cut !== 0 && cut !== 7 && cut !== stream.length, `cut at ${cut}`);
  }
});

t.test('a header that announces 16 MiB makes nobody allocate 16 MiB', async (t) => {
  const splitter = new FrameSplitter();
  splitter.handler = new Recorder();
  splitter.heldPayloadLimit = 0xffffff;
  const before = process.memoryUsage().arrayBuffers;
  splitter.feed(Buffer.from([0xff, 0xff, 0xff, 0, 1, 2, 3]));
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});
