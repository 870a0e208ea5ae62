import t from 'tap';
import { HEADER_SIZE } from '../../../src/protocol/frame.js';
import { loadCaptures } from '../../golden/capture.js';
import { recode } from './recode.js';
import { type Lay, replay } from './replay.js';

const captures = loadCaptures();

t.test('the tracker ends every answer exactly at its last frame', async (t) => {
  for (const capture of captures) {
    try {
      replay(capture);
      t.pass(capture.name);
    } catch (error) {
      t.fail(`${capture.name}: ${String(error)}`);
    }
  }
});

/** Only the first 64 bytes are there, behind a header at an odd place, and what follows is the beginning of another packet. */
const firstBytesOnly: Lay = (payload) => {
  const before = Buffer.alloc(3 + HEADER_SIZE, 0xff);
  // Behind a short frame comes more of the chunk; behind a cut one nothing.
  const after = payload.length <= 64 ? Buffer.alloc(32, 0xfe) : Buffer.alloc(0);
  return { buffer: Buffer.concat([before, payload.subarray(0, 64), after]), start: before.length };
};

t.test('the tracker needs no more than the first 64 bytes and reads nothing behind a frame', async (t) => {
  for (const capture of captures) {
    const roles = replay(capture).map(({ kind, statusFlags }) => [kind, statusFlags]);
    t.strictSame(
      replay(capture, firstBytesOnly).map(({ kind, statusFlags }) => [kind, statusFlags]),
      roles,
      capture.name,
    );
  }
});

t.test('every message of a real peer is encoded again byte for byte', async (t) => {
  const seen = new Map<string, number>();
  for (const capture of captures) {
    for (const [index, step] of replay(capture).entries()) {
      const again = recode(step);
      if (again === undefined) continue;
      const name = step.kind === 'command' ? `command ${step.command}` : step.kind;
      seen.set(name, (seen.get(name) ?? 0) + 1);
      if (!again.equals(step.payload)) t.equal(again.toString('hex'), step.payload.toString('hex'), `${capture.name} frame ${index}`);
    }
  }
  const kinds = ['greeting', 'ssl-request', 'handshake-response', 'auth', 'ok', 'err', 'eof', 'result-header', 'column', 'param', 'row'];
  for (const kind of [...kinds, 'prepare-ok', 'local-infile', 'data', 'unasked']) t.ok(seen.has(kind), `captures hold ${kind}`);
  // EXECUTE, BULK_EXECUTE, SEND_LONG_DATA, CHANGE_USER, BINLOG_DUMP, BINLOG_DUMP_GTID, REGISTER_REPLICA ...
  for (const command of [2, 3, 4, 7, 0x0c, 0x11, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1e, 0xfa]) {
    t.ok(seen.has(`command ${command}`), `captures hold command ${command}`);
  }
  t.comment([...seen].map(([name, count]) => `${name}: ${count}`).join(', '));
});
