import t from 'tap';
import { encodeFrames, frameCount, HEADER_SIZE, MAX_PAYLOAD, payloadLength, sequenceId, writeHeader } from '../../../src/protocol/frame.js';
import type { ProtocolError } from '../../../src/protocol/protocol-error.js';

const MIB = 1024 * 1024;

/** Payload lengths and sequence ids of the frames in `bytes`, read here by hand. */
function headers(bytes: Buffer): [length: number, sequence: number][] {
  const found: [number, number][] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUIntLE(at, 3);
    found.push([length, bytes.readUInt8(at + 3)]);
    at += 4 + length;
  }
  return found;
}

// Lengths as the manual has them: a payload of 16 MiB - 1 is followed by an empty frame.
const SIZES: readonly [name: string, size: number, lengths: readonly number[]][] = [
  ['nothing', 0, [0]],
  ['one byte', 1, [1]],
  ['16 MiB - 2', 16 * MIB - 2, [0xfffffe]],
  ['16 MiB - 1', 16 * MIB - 1, [0xffffff, 0]],
  ['16 MiB', 16 * MIB, [0xffffff, 1]],
  ['16 MiB + 1', 16 * MIB + 1, [0xffffff, 2]],
  ['twice 16 MiB - 1', 2 * (16 * MIB - 1), [0xffffff, 0xffffff, 0]],
  ['40 MiB', 40 * MIB, [0xffffff, 0xffffff, 40 * MIB - 2 * 0xffffff]],
];

for (const [name, size, lengths] of SIZES) {
  t.test(`a payload of ${name}`, async (t) => {
    const payload = Buffer.alloc(size);
    for (let at = 0; at < size; at += 4096) payload[at] = (at >>> 12) & 0xff;
    const bytes = encodeFrames(payload, 254);
    t.same(
      headers(bytes),
      lengths.map((length, index) => [length, (254 + index) % 256]),
    );
    t.equal(frameCount(size), lengths.length);
    const parts: Buffer[] = [];
    let at = 0;
    for (const length of lengths) {
      t.equal(payloadLength(bytes, at), length);
      parts.push(bytes.subarray(at + HEADER_SIZE, at + HEADER_SIZE + length));
      at += HEADER_SIZE + length;
    }
    t.equal(at, bytes.length);
    t.ok(Buffer.concat(parts).equals(payload), 'nothing is lost or changed');
  });
}

t.test('headers in the middle of a buffer', async (t) => {
  const buffer = Buffer.alloc(16, 0xff);
  writeHeader(buffer, 5, 0x010203, 7);
  t.equal(buffer.toString('hex', 4, 10), 'ff03020107ff');
  t.equal(payloadLength(buffer, 5), 0x010203);
  t.equal(sequenceId(buffer, 5), 7);
  t.throws(() => writeHeader(buffer, 0, MAX_PAYLOAD + 1, 0), {
    name: 'ProtocolError',
    code: 'PM_PROTOCOL_UNENCODABLE',
    message: 'frame: a payload of 16777216 bytes does not fit one frame',
  } as ProtocolError);
});
