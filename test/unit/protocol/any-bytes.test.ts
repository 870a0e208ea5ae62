import { deepStrictEqual } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { Command } from '../../../src/protocol/commands.js';
import { describe, type FrameKind } from '../../../src/protocol/describe.js';
import { ProtocolError } from '../../../src/protocol/protocol-error.js';
import { ResponseTracker } from '../../../src/protocol/response-tracker.js';
import { loadCaptures, projectRoot, unfoldHex } from '../../golden/capture.js';
import { DECODERS } from './decoders.js';
import { bytes, u32 } from './message-arbitraries.js';

const RUNS = { numRuns: 400 };

/** The value, or the error if it is one of ours. Everything else goes through. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

/** The same payload alone and as a view in the middle of a chunk that is full of `filler`. */
function amid(payload: Buffer, filler: number): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(9, filler), payload, Buffer.alloc(300, filler)]);
  return chunk.subarray(9, 9 + payload.length);
}

/** Real payloads, to be damaged: they get further into a decoder than noise does. */
const realPayloads = [...new Set(loadCaptures().flatMap(({ frames }) => frames.map(([, hex]) => hex)))]
  .filter((hex) => hex.length < 1000 && !hex.includes('('))
  .map((hex) => unfoldHex(hex).subarray(4));

const damaged = fc
  .tuple(fc.constantFrom(...realPayloads), fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { maxLength: 4 }), fc.nat(500))
  .map(([payload, changes, length]) => {
    const copy = Buffer.from(payload.subarray(0, Math.max(1, length)));
    for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
    return copy;
  });
const anyBytes = fc.oneof(bytes(120), damaged);

t.test('every decoder is tested here', async (t) => {
  const folder = join(projectRoot(), 'src/protocol');
  const exported = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/^export function (decode\w+)/gm)].map(([, name]) => name));
  const known = DECODERS.map(({ name }) => name);
  // Blocks inside OK packets and the shared form of three commands are reached through others.
  const inner = ['decodeSessionTrack', 'decodeDatabase'];
  t.same(
    exported.filter((name) => name !== undefined && !known.includes(name) && !inner.includes(name)),
    [],
  );
  t.ok(exported.length > 30);
});

for (const { name, first, decode } of DECODERS) {
  t.test(`${name}: any bytes give a value or a ProtocolError, and nothing outside them is read`, async () => {
    fc.assert(
      fc.property(anyBytes, u32, fc.boolean(), (payload, capabilities, led) => {
        if (led && first !== undefined && payload.length > 0) payload[0] = first;
        const alone = outcome(() => decode(Buffer.from(payload), capabilities));
        for (const filler of [0x00, 0x01, 0xff])
          deepStrictEqual(
            outcome(() => decode(amid(payload, filler), capabilities)),
            alone,
          );
      }),
      RUNS,
    );
  });
}

const KINDS: readonly FrameKind[] = [
  ...(['greeting', 'ssl-request', 'handshake-response', 'auth-answer', 'command', 'client-data', 'auth', 'ok', 'err', 'eof'] as const),
  ...(['result-header', 'column', 'row', 'local-infile', 'prepare-ok', 'param', 'data', 'continuation'] as const),
];

t.test('describe never throws and stays on one line', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), anyBytes, u32, fc.boolean(), (kind, payload, capabilities, showing) => {
      const show = (text: Buffer) => text.toString('utf8');
      const line = describe(kind, payload, showing ? { capabilities, show } : { capabilities });
      deepStrictEqual(/[\r\n]/.test(line), false);
    }),
    { numRuns: 3000 },
  );
});

const commands = Object.values(Command);

t.test('the tracker: any frames give a role or a ProtocolError, and nothing outside them is read', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...commands), u32, u32, fc.array(anyBytes, { maxLength: 12 }), (command, capabilities, mariadb, frames) => {
      const walks = [0x00, 0xfe, 0xff].map((filler) => {
        const tracker = new ResponseTracker();
        tracker.begin(command, capabilities, mariadb);
        const seen: unknown[] = [];
        for (const frame of frames) {
          if (tracker.done) break;
          const chunk = Buffer.concat([Buffer.alloc(9, filler), frame, Buffer.alloc(300, filler)]);
          const role = outcome(() => tracker.frame(chunk, 9, frame.length));
          seen.push([role, tracker.done, tracker.statusFlags, tracker.awaitsClientData]);
          if (typeof role === 'string' && role.startsWith('PM_')) break;
        }
        return seen;
      });
      deepStrictEqual(walks[1], walks[0]);
      deepStrictEqual(walks[2], walks[0]);
    }),
    { numRuns: 3000 },
  );
});
