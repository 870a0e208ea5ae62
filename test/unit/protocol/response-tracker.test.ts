import t, { type Test } from 'tap';
import { Command } from '../../../src/protocol/commands.js';
import { MAX_PAYLOAD } from '../../../src/protocol/frame.js';
import { ProtocolError } from '../../../src/protocol/protocol-error.js';
import { ResponseTracker } from '../../../src/protocol/response-tracker.js';

/*
 * What the captures do not hold: rare frames, ambiguous first bytes, frames that may not come. Each row is a command and the frames of its
 * answer: first bytes in hex, real length where that is more, and the role it must get. `!` in front: the answer is over with this frame.
 */

const PLAIN = 0x2200;
const DEPRECATE_EOF = PLAIN | 0x100_0000;
const OPTIONAL_METADATA = 0x200_0000;
const PROGRESS = 0x1;

type FrameRow = readonly [bytes: string, role: string, length?: number];
interface Row {
  readonly name: string;
  readonly command: number;
  readonly capabilities: number;
  readonly mariadb?: number;
  readonly frames: readonly FrameRow[];
  readonly statusFlags?: number;
}

const COLUMN = '036465660000000000';
const HUGE = MAX_PAYLOAD;

const ROWS: readonly Row[] = [
  { name: 'OK', command: Command.QUERY, capabilities: PLAIN, frames: [['00000002000000', '!ok']], statusFlags: 2 },
  {
    name: 'OK with the largest numbers: the flags stand at byte 19',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [['00feffffffffffffffff' + 'feffffffffffffffff' + '22000000', '!ok']],
    statusFlags: 0x22,
  },
  {
    name: 'OK of 16 MiB and more (trackers): over with its last frame',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [
      ['0000000240000000', 'ok', HUGE],
      ['00', 'continuation', HUGE],
      ['', '!continuation'],
    ],
    statusFlags: 0x4002,
  },
  {
    name: 'OK without status flags (clients of old) has no further results',
    command: Command.QUERY,
    capabilities: 0,
    frames: [['000100', '!ok']],
    statusFlags: 0,
  },
  { name: 'EOF in place of an OK', command: Command.QUERY, capabilities: PLAIN, frames: [['fe00000200', '!eof']], statusFlags: 2 },
  {
    name: '0xfe-OK in place of an OK',
    command: Command.QUERY,
    capabilities: DEPRECATE_EOF,
    frames: [['fe000002000000', '!ok']],
    statusFlags: 2,
  },
  {
    name: '251 columns: the count begins with 0xfc, not 0xfb',
    command: Command.QUERY,
    capabilities: DEPRECATE_EOF,
    frames: [['fcfb00', 'result-header'], ...Array.from({ length: 251 }, () => [COLUMN, 'column'] as const), ['fe000002000000', '!ok']],
  },
  {
    name: 'rows that begin with every byte that means something elsewhere',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [
      ['01', 'result-header'],
      [COLUMN, 'column'],
      ['fe00000200', 'eof'],
      ['00', 'row'], // an empty text
      ['fb', 'row'], // NULL
      ['fcfb00616263', 'row', 254],
      ['fd000001', 'row', 65_540],
      ['fe0000000100000000', 'row', HUGE],
      ['', 'continuation'],
      ['fe00000200', '!eof'],
    ],
  },
  {
    name: 'the same with DEPRECATE_EOF: 0xfe is the end unless the frame is full',
    command: Command.QUERY,
    capabilities: DEPRECATE_EOF,
    frames: [
      ['01', 'result-header'],
      [COLUMN, 'column'],
      ['00', 'row'],
      ['fb', 'row'],
      ['fe0000000100000000', 'row', HUGE],
      ['fe', 'continuation', HUGE],
      ['fe000002000000', 'continuation', 7],
      ['fe0000024000000105', '!ok', 5000],
    ],
    statusFlags: 0x4002,
  },
  {
    name: 'a 0xfe in a frame too long for an EOF and too short for a value: clients take it for a row, so do we',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [
      ['01', 'result-header'],
      [COLUMN, 'column'],
      ['fe00000200', 'eof'],
      ['fe0000000100000000', 'row', 9],
      ['fe00000200', '!eof'],
    ],
  },
  {
    name: 'ERR in place of rows, and in the middle of them',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [
      ['01', 'result-header'],
      [COLUMN, 'column'],
      ['fe00000200', 'eof'],
      ['0131', 'row'],
      ['ff1504233432303030', '!err'],
    ],
    statusFlags: 2,
  },
  {
    name: 'ERR among the definitions',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [
      ['02', 'result-header'],
      [COLUMN, 'column'],
      ['ff1504', '!err'],
    ],
  },
  {
    name: 'ERR where the EOF behind the definitions was due',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [
      ['01', 'result-header'],
      [COLUMN, 'column'],
      ['ff1504', '!err'],
    ],
  },
  {
    name: 'several results: OK, rows, OK',
    command: Command.QUERY,
    capabilities: DEPRECATE_EOF,
    frames: [
      ['0000000a000000', 'ok'],
      ['01', 'result-header'],
      [COLUMN, 'column'],
      ['fe00000a000000', 'ok'],
      ['00000002000000', '!ok'],
    ],
  },
  {
    name: 'several results, the second an ERR',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [
      ['0000000a000000', 'ok'],
      ['ff1504', '!err'],
    ],
    statusFlags: 0x0a,
  },
  {
    name: 'a progress report ends nothing',
    command: Command.QUERY,
    capabilities: PLAIN,
    mariadb: PROGRESS,
    frames: [
      ['ffffff0101029b0200026162', 'data'],
      ['ffffff0101029b0200026162', 'data'],
      ['00000002000000', '!ok'],
    ],
  },
  {
    name: 'error 65535 is an error where progress was not agreed (SIGNAL can raise it)',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [['ffffff233435303030', '!err']],
  },
  {
    name: 'cursor without DEPRECATE_EOF: over with the EOF behind the columns',
    command: Command.STMT_EXECUTE,
    capabilities: PLAIN,
    frames: [
      ['01', 'result-header'],
      [COLUMN, 'column'],
      ['fe00004200', '!eof'],
    ],
    statusFlags: 0x42,
  },
  {
    name: 'the cursor flag means nothing in the answer to a text statement',
    command: Command.QUERY,
    capabilities: PLAIN,
    frames: [
      ['01', 'result-header'],
      [COLUMN, 'column'],
      ['fe00004200', 'eof'],
      ['fe00000200', '!eof'],
    ],
  },
  {
    name: 'prepare: no parameters, no columns',
    command: Command.STMT_PREPARE,
    capabilities: PLAIN,
    frames: [['000100000000000000000000', '!prepare-ok']],
  },
  {
    name: 'prepare: the short answer of old servers',
    command: Command.STMT_PREPARE,
    capabilities: PLAIN,
    frames: [
      ['000100000001000000', 'prepare-ok'],
      [COLUMN, 'column'],
      ['fe00000200', '!eof'],
    ],
  },
  {
    name: 'prepare: ERR among the definitions',
    command: Command.STMT_PREPARE,
    capabilities: PLAIN,
    frames: [
      ['000100000001000200000000', 'prepare-ok'],
      [COLUMN, 'param'],
      ['ff1504', '!err'],
    ],
  },
  {
    name: 'prepare: the flag that definitions are left out counts only where it was agreed',
    command: Command.STMT_PREPARE,
    capabilities: DEPRECATE_EOF,
    frames: [
      ['00010000000000010000000000', 'prepare-ok'],
      [COLUMN, '!param'],
    ],
  },
  {
    name: 'fetch: never more than one result, whatever the flags say',
    command: Command.STMT_FETCH,
    capabilities: PLAIN,
    frames: [
      ['0000', 'row'],
      ['fe00008a00', '!eof'],
    ],
    statusFlags: 0x8a,
  },
  { name: 'fetch: ERR', command: Command.STMT_FETCH, capabilities: PLAIN, frames: [['ffdb04', '!err']] },
  { name: 'field list: no columns', command: Command.FIELD_LIST, capabilities: PLAIN, frames: [['fe00000200', '!eof']] },
  { name: 'statistics that begin like an OK', command: Command.STATISTICS, capabilities: PLAIN, frames: [['00', '!data']] },
  { name: 'statistics refused', command: Command.STATISTICS, capabilities: PLAIN, frames: [['ff1504', '!err']] },
  {
    name: 'binlog stream: events, one of them huge, then ERR',
    command: Command.BINLOG_DUMP_GTID,
    capabilities: PLAIN,
    frames: [
      ['00aabb', 'data'],
      ['00aabb', 'data', HUGE],
      ['fe00000200', 'continuation'],
      ['00ef01', 'data'],
      ['ffd404', '!err'],
    ],
  },
  { name: 'binlog stream: EOF', command: Command.BINLOG_DUMP, capabilities: PLAIN, frames: [['fe00000200', '!eof']] },
  {
    name: 'change user: switch, more data, next factor, OK',
    command: Command.CHANGE_USER,
    capabilities: PLAIN,
    frames: [
      ['fe6d7973', 'auth', 44],
      ['0103', 'auth'],
      ['0261', 'auth'],
      ['00000002000000', '!ok'],
    ],
  },
  {
    name: 'change user: the bare switch request is not an EOF',
    command: Command.CHANGE_USER,
    capabilities: PLAIN,
    frames: [
      ['fe', 'auth'],
      ['ff1504', '!err'],
    ],
  },
  { name: 'a command nobody knows', command: 0x63, capabilities: PLAIN, frames: [['ff1704', '!err']] },
  {
    name: 'set option leaves MORE_RESULTS of an earlier statement without effect',
    command: Command.SET_OPTION,
    capabilities: PLAIN,
    frames: [['fe00000a00', '!eof']],
  },
];

for (const row of ROWS) {
  t.test(row.name, async (t) => {
    const tracker = new ResponseTracker(0x2);
    tracker.begin(row.command, row.capabilities, row.mariadb);
    for (const [index, frame] of row.frames.entries()) {
      t.equal(give(tracker, frame), frame[1], `frame ${index}`);
    }
    t.ok(tracker.done);
    if (row.statusFlags !== undefined) t.equal(tracker.statusFlags, row.statusFlags, 'status flags');
    throws(t, () => give(tracker, ['00000002000000', '']), 'PM_PROTOCOL_UNEXPECTED', /^answer: a frame after the end /);
  });
}

/** Gives one frame and tells its role, `!` in front when the answer is over. */
function give(tracker: ResponseTracker, [bytes, , length]: FrameRow): string {
  const payload = Buffer.from(bytes, 'hex');
  const whole = length ?? payload.length;
  // As much as the relay has at least: 64 bytes, the rest of the frame still on its way.
  const present = Buffer.concat([payload, Buffer.alloc(Math.max(0, Math.min(64, whole) - payload.length), 0x61)]);
  const role = tracker.frame(present, 0, whole);
  return tracker.done ? `!${role}` : role;
}

function throws(t: Test, work: () => unknown, code: string, message: RegExp): void {
  try {
    t.fail(`no error but ${String(work())}`);
  } catch (error) {
    t.ok(error instanceof ProtocolError);
    t.match(error, { code, message }, String(error));
  }
}

t.test('commands without an answer', async (t) => {
  for (const command of [Command.QUIT, Command.STMT_CLOSE, Command.STMT_SEND_LONG_DATA]) {
    const tracker = new ResponseTracker();
    tracker.begin(command, PLAIN);
    t.ok(tracker.done);
  }
  t.ok(new ResponseTracker().done, 'nothing asked, nothing awaited');
});

t.test('LOCAL INFILE', async (t) => {
  const tracker = new ResponseTracker();
  tracker.begin(Command.QUERY, PLAIN);
  t.equal(give(tracker, ['fb66696c65', '']), 'local-infile');
  t.ok(tracker.awaitsClientData);
  t.notOk(tracker.done);
  tracker.clientDataEnded();
  t.notOk(tracker.awaitsClientData);
  t.equal(give(tracker, ['0000000a000000', '']), 'ok', 'more results');
  t.equal(give(tracker, ['fb66696c65', '']), 'local-infile', 'a second file');
  t.equal(give(tracker, ['ff2504', '']), '!err', 'the server gives up before the client has sent all');
  t.notOk(tracker.awaitsClientData);
});

t.test('counts', async (t) => {
  const tracker = new ResponseTracker();
  tracker.begin(Command.QUERY, DEPRECATE_EOF);
  for (const bytes of ['01', COLUMN, '0131', '0132', 'fe00000a000000', '00000002000000']) give(tracker, [bytes, '']);
  t.same({ rows: tracker.rows, results: tracker.results }, { rows: 2, results: 2 });
  tracker.begin(Command.PING, DEPRECATE_EOF);
  t.same({ rows: tracker.rows, results: tracker.results }, { rows: 0, results: 0 });
});

t.test('optional metadata is asked for by the capability alone', async (t) => {
  const tracker = new ResponseTracker();
  tracker.begin(Command.QUERY, DEPRECATE_EOF | OPTIONAL_METADATA);
  t.equal(give(tracker, ['0100', '']), 'result-header');
  t.equal(give(tracker, ['0131', '']), 'row', 'no definitions in between');
  t.equal(give(tracker, ['fe000002000000', '']), '!ok');
});

type FailRow = readonly [name: string, command: number, before: readonly string[], frame: string, code: string, message: RegExp];
const FAIL: readonly FailRow[] = [
  ['an empty frame', Command.QUERY, [], '', 'PM_PROTOCOL_TRUNCATED', /^answer: the packet ends inside a field$/],
  ['OK without flags', Command.QUERY, [], '000000', 'PM_PROTOCOL_TRUNCATED', /^ok: the packet ends inside a field$/],
  ['OK cut in a number', Command.QUERY, [], '00fe01', 'PM_PROTOCOL_TRUNCATED', /^ok: the packet ends inside a field$/],
  ['OK with NULL', Command.QUERY, [], '00fb000200', 'PM_PROTOCOL_MALFORMED', /^ok: 0xfb does not begin/],
  ['EOF without flags', Command.QUERY, [], 'fe0000', 'PM_PROTOCOL_TRUNCATED', /^eof: the packet ends inside a field$/],
  ['column count cut', Command.QUERY, [], 'fc01', 'PM_PROTOCOL_TRUNCATED', /^result-header: /],
  ['EOF among the columns', Command.QUERY, ['02', COLUMN], 'fe00000200', 'PM_PROTOCOL_UNEXPECTED', /an end with 1 definitions missing/],
  ['a row for the EOF', Command.QUERY, ['01', COLUMN], '0131', 'PM_PROTOCOL_UNEXPECTED', /no EOF behind the definitions .COM_QUERY/],
  ['rows for a ping', Command.PING, [], '01', 'PM_PROTOCOL_UNEXPECTED', /a frame that begins with 0x01 .COM_PING/],
  ['a result set for a prepare', Command.STMT_PREPARE, [], '01', 'PM_PROTOCOL_UNEXPECTED', /no OK .COM_STMT_PREPARE/],
  ['prepare OK cut', Command.STMT_PREPARE, [], '0001000000', 'PM_PROTOCOL_TRUNCATED', /^stmt-prepare-ok: /],
  ['text in a binlog stream', Command.BINLOG_DUMP, [], '41', 'PM_PROTOCOL_UNEXPECTED', /begins with 0x41 .COM_BINLOG_DUMP/],
];

for (const [name, command, before, frame, code, message] of FAIL) {
  t.test(`must fail: ${name}`, async (t) => {
    const tracker = new ResponseTracker();
    tracker.begin(command, PLAIN);
    for (const bytes of before) give(tracker, [bytes, '']);
    throws(t, () => tracker.frame(Buffer.from(frame, 'hex'), 0, frame.length / 2), code, message);
    tracker.begin(Command.PING, PLAIN);
    t.equal(give(tracker, ['00000002000000', '']), '!ok', 'the next command starts afresh');
  });
}
