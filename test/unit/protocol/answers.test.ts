import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { Command } from '../../../src/protocol/commands.js';
import { type FrameRole, ResponseTracker } from '../../../src/protocol/response-tracker.js';

/*
 * Answers made up by the grammar of the manual, in every combination: the tracker must name each frame and be done at the last one, neither
 * before nor after. The bytes are put together here by hand.
 */

interface Frame {
  readonly bytes: Buffer;
  readonly role: FrameRole;
}

const MORE = 0x08;
const CURSOR = 0x40;
const hex = (text: string) => Buffer.from(text, 'hex');
const frame = (role: FrameRole, bytes: Buffer): Frame => ({ role, bytes });

interface Agreed {
  readonly deprecateEof: boolean;
  readonly optionalMetadata: boolean;
}
const agreed: fc.Arbitrary<Agreed> = fc.record({ deprecateEof: fc.boolean(), optionalMetadata: fc.boolean() });

function capabilitiesOf({ deprecateEof, optionalMetadata }: Agreed): number {
  return 0x2200 | (deprecateEof ? 0x100_0000 : 0) | (optionalMetadata ? 0x200_0000 : 0);
}

function flags(value: number): Buffer {
  return Buffer.from([value & 0xff, value >> 8]);
}

const okFrame = (status: number) => frame('ok', Buffer.concat([hex('000000'), flags(status), hex('0000')]));

function endFrame(status: number, { deprecateEof }: Agreed): Frame {
  return deprecateEof
    ? frame('ok', Buffer.concat([hex('fe0000'), flags(status), hex('0000')]))
    : frame('eof', Buffer.concat([hex('fe0000'), flags(status)]));
}

function definitions(role: 'param' | 'column', count: number, follow: boolean, status: number, what: Agreed): Frame[] {
  if (count === 0) return [];
  const list = follow ? Array.from({ length: count }, () => frame(role, hex('0364656600'))) : [];
  return what.deprecateEof ? list : [...list, endFrame(status, what)];
}

const row = fc.constantFrom('00', 'fb', '0161', 'fcfb0061', 'fd00000161').map((bytes) => frame('row', hex(bytes)));

interface Result {
  readonly kind: 'ok' | 'rows' | 'cursor';
  readonly columns: number;
  readonly follow: boolean;
  readonly rows: readonly Frame[];
}
const result: fc.Arbitrary<Result> = fc.record({
  kind: fc.constantFrom('ok', 'rows', 'cursor'),
  columns: fc.integer({ min: 1, max: 300 }),
  follow: fc.boolean(),
  rows: fc.array(row, { maxLength: 5 }),
});

function resultFrames({ kind, columns, follow, rows }: Result, more: number, command: number, what: Agreed): Frame[] {
  const status = 2 | more;
  if (kind === 'ok') return [okFrame(status)];
  const count = columns < 251 ? Buffer.from([columns]) : Buffer.from([0xfc, columns & 0xff, columns >> 8]);
  const shown = follow || !what.optionalMetadata;
  const header = frame('result-header', what.optionalMetadata ? Buffer.concat([count, Buffer.from([shown ? 1 : 0])]) : count);
  if (kind === 'cursor' && command === Command.STMT_EXECUTE) {
    const opened = endFrame(status | CURSOR, what);
    const list = definitions('column', columns, shown, status | CURSOR, what);
    return what.deprecateEof ? [header, ...list, opened] : [header, ...list];
  }
  return [header, ...definitions('column', columns, shown, status, what), ...rows, endFrame(status, what)];
}

/** Follows the frames and says at once where tracker and grammar differ. */
function follow(frames: readonly Frame[], command: number, what: Agreed): ResponseTracker {
  const tracker = new ResponseTracker();
  tracker.begin(command, capabilitiesOf(what));
  for (const [index, { bytes, role }] of frames.entries()) {
    deepStrictEqual(tracker.done, false, `done before frame ${index}`);
    deepStrictEqual(tracker.frame(bytes, 0, bytes.length), role, `frame ${index}`);
  }
  deepStrictEqual(tracker.done, true, 'not done at the end');
  return tracker;
}

const RUNS = { numRuns: 1000 };

t.test('statements: any sequence of results, cut short by an ERR or not', async () => {
  const command = fc.constantFrom(Command.QUERY, Command.STMT_EXECUTE, Command.PROCESS_INFO, Command.STMT_BULK_EXECUTE);
  const results = fc.array(result, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(command, agreed, results, fc.option(fc.nat(100)), (byte, what, list, errAt) => {
      const all = list.flatMap((one, index) => resultFrames(one, index < list.length - 1 ? MORE : 0, byte, what));
      const frames = errAt === null ? all : [...all.slice(0, errAt % all.length), frame('err', hex('ff1504233432303030'))];
      const tracker = follow(frames, byte, what);
      if (errAt === null) {
        deepStrictEqual(tracker.results, list.length);
        deepStrictEqual(tracker.rows, all.filter(({ role }) => role === 'row').length);
        deepStrictEqual(tracker.statusFlags & ~CURSOR, 2);
      }
    }),
    RUNS,
  );
});

t.test('prepare: any number of parameters and columns, with or without definitions', async () => {
  const count = fc.integer({ min: 0, max: 300 });
  fc.assert(
    fc.property(agreed, count, count, fc.boolean(), (what, params, columns, wanted) => {
      const shown = wanted || !what.optionalMetadata;
      const head = Buffer.from([0, 1, 0, 0, 0, columns & 0xff, columns >> 8, params & 0xff, params >> 8, 0, 0, 0]);
      const ok = frame('prepare-ok', what.optionalMetadata ? Buffer.concat([head, Buffer.from([shown ? 1 : 0])]) : head);
      follow(
        [ok, ...definitions('param', params, shown, 2, what), ...definitions('column', columns, shown, 2, what)],
        Command.STMT_PREPARE,
        what,
      );
    }),
    RUNS,
  );
});

t.test('fetch and field list: until the end', async () => {
  fc.assert(
    fc.property(agreed, fc.array(row, { maxLength: 20 }), (what, rows) => {
      follow([...rows, endFrame(0x80, what)], Command.STMT_FETCH, what);
      const columns = rows.map(() => frame('column', hex('0364656600')));
      follow([...columns, endFrame(2, what)], Command.FIELD_LIST, what);
    }),
    RUNS,
  );
});
