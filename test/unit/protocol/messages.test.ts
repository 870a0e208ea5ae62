import t, { type Test } from 'tap';
import { ProtocolError } from '../../../src/protocol/protocol-error.js';
import { ANSWER_ROWS, LOGIN_ROWS, type MessageRow } from './messages.table.js';
import { REQUEST_ROWS } from './requests.table.js';

for (const row of [...LOGIN_ROWS, ...ANSWER_ROWS, ...REQUEST_ROWS]) {
  t.test(`${row.name} (${row.from})`, async (t) => {
    const payload = Buffer.from(row.hex, 'hex');
    t.strictSame(comparable(row.decode(payload)), comparable(row.value), 'decoded');
    t.equal(row.encode(row.value as never).toString('hex'), row.hex, 'encoded');
    t.strictSame(comparable(row.decode(inTheMiddle(payload))), comparable(row.value), 'decoded in the middle of a chunk');
    endsAnywhere(t, row, payload);
  });
}

/** Between bytes that would read as lengths, NULLs and packets if anybody looked at them. */
function inTheMiddle(payload: Buffer): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(5, 0xfe), payload, Buffer.alloc(5, 0)]);
  return chunk.subarray(5, 5 + payload.length);
}

/** A payload that ends at any byte is a ProtocolError or, where the rest was optional or of any length, a shorter value: nothing else. */
function endsAnywhere(t: Test, row: MessageRow, payload: Buffer): void {
  for (let length = 0; length < payload.length; length += 1) {
    // Full of something behind the end: it must not be read.
    const cut = Buffer.concat([payload.subarray(0, length), Buffer.alloc(300, 1)]).subarray(0, length);
    const expected = outcome(row, Buffer.from(payload.subarray(0, length)));
    t.strictSame(outcome(row, cut), expected, `cut to ${length} bytes`);
  }
}

function outcome(row: MessageRow, payload: Buffer): unknown {
  try {
    return comparable(row.decode(payload));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** Buffers as text, so that a difference can be read, and bigints as they are. */
function comparable(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
  }
  return value;
}
