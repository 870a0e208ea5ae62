import t from 'tap';
import type { ClientCommand } from '../../../src/session/client-command.js';
import { bulkFrames, executionFrames } from '../../../src/session/parameter-types.js';
import { PreparedStatement } from '../../../src/session/prepared-statements.js';
import { classify } from '../../../src/sql/classify.js';

const PARAMETERS = 300;
const TYPES = Buffer.from(Array.from({ length: PARAMETERS * 2 }, (_, index) => (index % 2 === 0 ? 1 + (index % 12) : 0)));

function prepared(): PreparedStatement {
  const statement = new PreparedStatement(1, Buffer.from('SELECT ?'), classify(Buffer.from('SELECT ?')));
  statement.parameters = PARAMETERS;
  for (const serial of [1, 2]) statement.handles.set(serial, { id: 40 + serial, knowsTypes: false });
  return statement;
}

/** A command whose frame came in parts of so many bytes. */
function commandOf(payload: Buffer, partBytes: number): ClientCommand {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  const frame = Buffer.concat([header, payload]);
  const parts: Buffer[] = [];
  for (let at = 0; at < frame.length; at += partBytes) parts.push(frame.subarray(at, at + partBytes));
  return {
    code: payload[0] ?? 0,
    parts,
    bytes: frame.length,
    announcedBytes: payload.length,
    complete: true,
    lastSequenceId: 0,
    packedIn: 0,
  };
}

function execution(types: Buffer | undefined, values: string): Buffer {
  const head = Buffer.from('1701000000000100000000', 'hex').subarray(0, 10);
  const nulls = Buffer.alloc((PARAMETERS + 7) >> 3, 0xff);
  return Buffer.concat([head, nulls, Buffer.of(types === undefined ? 0 : 1), types ?? Buffer.alloc(0), Buffer.from(values)]);
}

function bulk(types: Buffer | undefined, values: string): Buffer {
  const head = Buffer.from(types === undefined ? 'fa010000004000' : 'fa01000000c000', 'hex');
  return Buffer.concat([head, types ?? Buffer.alloc(0), Buffer.from(values)]);
}

for (const [name, make, frames] of [
  ['COM_STMT_EXECUTE', execution, (c: ClientCommand, p: PreparedStatement, serial: number) => executionFrames(c, p, serial, 0)],
  ['COM_STMT_BULK_EXECUTE', bulk, bulkFrames],
] as const) {
  t.test(`${name}: types that a server has not been told`, async (t) => {
    for (const partBytes of [1 << 20, 68, 200]) {
      const statement = prepared();
      const first = commandOf(make(TYPES, 'first'), partBytes);
      t.equal(frames(first, statement, 1), first.parts, 'what carries its types passes as it is');
      t.same(statement.types, TYPES, `kept whole, in parts of ${partBytes}`);
      const second = commandOf(make(undefined, 'second'), partBytes);
      t.equal(frames(second, statement, 1), second.parts, 'the same server knows them');
      const other = frames(second, statement, 2);
      t.same(Buffer.concat([...other]), Buffer.concat(commandOf(make(TYPES, 'second'), 1 << 20).parts), 'another server is told');
      t.equal(frames(second, statement, 2), second.parts, 'once');
    }
  });

  t.test(`${name}: types that are cut`, async (t) => {
    const statement = prepared();
    const cut: ClientCommand = { ...commandOf(make(TYPES, 'x').subarray(0, 100), 1 << 20), complete: false };
    t.equal(frames(cut, statement, 1), cut.parts);
    t.equal(statement.types, undefined, 'nobody can be told half of them');
  });
}
