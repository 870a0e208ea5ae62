import t from 'tap';
import { encodeFrames } from '../../../../src/protocol/frame.js';
import type { CarriedState } from '../../../../src/session/carried-state.js';
import type { ClientCommand } from '../../../../src/session/client-command.js';
import { forcesInsertId } from '../../../../src/session/replay/forced-insert-id.js';
import { ReplayMemory } from '../../../../src/session/replay/replay-memory.js';
import { TransactionRecord } from '../../../../src/session/replay/transaction-record.js';
import { leavesTransactionOpen, whyNotReplayable } from '../../../../src/session/replay/why-not-replayable.js';
import { Statement, traitsOf } from '../../../../src/session/statement.js';
import { Classifier } from '../../../../src/sql/classify.js';
import { dialectOf } from '../../../../src/sql/dialect.js';

const STATE: CarriedState = {
  schema: undefined,
  variables: [],
  userVariables: [],
  role: undefined,
  nextTransaction: undefined,
  wasReset: false,
};
const classifier = new Classifier();
const dialect = dialectOf('8.0.15', '', 'utf8mb4');

/** As it was read from a client, behind `before` other bytes of the same chunk. */
function statementOf(sql: string, before = 0): Statement {
  const frame = encodeFrames(Buffer.concat([Buffer.of(3), Buffer.from(sql)]), 0);
  const chunk = Buffer.alloc(before + frame.length);
  frame.copy(chunk, before);
  const part = chunk.subarray(before);
  const { length: bytes } = part;
  const command: ClientCommand = {
    code: 3,
    parts: [part],
    bytes,
    announcedBytes: bytes - 4,
    complete: true,
    lastSequenceId: 0,
    packedIn: 0,
  };
  const facts = classifier.classify(Buffer.from(sql), dialect);
  const statement = new Statement(command, traitsOf(facts), facts);
  statement.sql = part.subarray(5);
  return statement;
}

function run(record: TransactionRecord, sql: string, insertId = 0n): void {
  const statement = statementOf(sql);
  record.sending(statement);
  record.answered(statement, insertId);
}

t.test('statements are kept in order, and what they take is given back', async (t) => {
  const memory = new ReplayMemory(10_000, 100_000);
  const record = new TransactionRecord('primary', STATE, memory);
  for (const sql of ['BEGIN', 'SELECT 1', 'UPDATE a SET b = 1']) run(record, sql);
  t.equal(record.entries.length, 3);
  t.equal(memory.usedBytes, record.bytes);
  record.release();
  record.release();
  t.equal(memory.usedBytes, 0);
});

t.test('over a bound only the reason is kept', async (t) => {
  const memory = new ReplayMemory(3000, 4000);
  const one = new TransactionRecord('primary', STATE, memory);
  run(one, `SELECT '${'x'.repeat(3000)}'`);
  t.match(one.failure, { cause: 'memory', detail: /memoryPerSession/ });
  t.equal(memory.usedBytes, 0);
  const [two, three] = [new TransactionRecord('primary', STATE, memory), new TransactionRecord('primary', STATE, memory)];
  for (const record of [two, three]) run(record, `SELECT '${'x'.repeat(1500)}'`);
  t.equal(two.failure, undefined);
  t.match(three.failure, { cause: 'memory', detail: /transactions\.memory/ });
  t.equal(memory.usedBytes, two.bytes, 'others are not harmed');
  two.giveUp('not-replayable', 'first');
  two.giveUp('differs', 'second');
  t.match(two.failure, { detail: 'first' });
  t.equal(memory.usedBytes, 0);
});

t.test('a statement does not keep the large read alive that it came with', async (t) => {
  const record = new TransactionRecord('primary', STATE, new ReplayMemory(10_000, 10_000));
  const [alone, crowded] = [statementOf('SELECT 1'), statementOf('SELECT 1', 60_000)];
  const { buffer } = alone.command.parts[0] as Buffer;
  for (const statement of [alone, crowded]) {
    record.sending(statement);
    record.answered(statement, 0n);
  }
  t.equal((alone.command.parts[0] as Buffer).buffer, buffer, 'not copied');
  t.ok((crowded.command.parts[0] as Buffer).buffer.byteLength < 1000);
  t.equal(crowded.sql?.toString(), 'SELECT 1');
  t.equal(crowded.sql?.buffer, (crowded.command.parts[0] as Buffer).buffer);
});

t.test('what is not replayed', async (t) => {
  const no = [
    'CALL p()',
    "SELECT GET_LOCK('a', 1)",
    'CREATE TEMPORARY TABLE x (a INT)',
    "LOAD DATA LOCAL INFILE 'x' INTO TABLE y",
    'BEGIN; INSERT INTO a VALUES (1)',
    'INSERT INTO a VALUES (1); COMMIT',
    'SELECT mine(1)',
    'EXECUTE s',
    'SET GLOBAL max_connections = 7',
    "XA START 'x'",
    'LOCK TABLES a WRITE',
    'HANDLER a OPEN',
    'FLUSH TABLES',
    'gibberish',
  ];
  const yes = [
    'BEGIN',
    'START TRANSACTION READ ONLY',
    'COMMIT',
    'SAVEPOINT a',
    'ROLLBACK TO a',
    'INSERT INTO a VALUES (1)',
    'UPDATE a SET b = 1; SELECT 1',
    'SELECT * FROM a FOR UPDATE',
    'SET @a = 1',
    "SET time_zone = '+00:00'",
    'SELECT 1 INTO @a',
    'SELECT LAST_INSERT_ID()',
    'USE other',
    'SHOW WARNINGS',
  ];
  for (const sql of no) t.type(whyNotReplayable(classifier.classify(Buffer.from(sql), dialect)), 'string', sql);
  for (const sql of yes) t.equal(whyNotReplayable(classifier.classify(Buffer.from(sql), dialect)), undefined, sql);
  t.ok(leavesTransactionOpen(1062));
  for (const code of [1213, 1205, 1206, 1020, 1180, 9999]) t.notOk(leavesTransactionOpen(code), String(code));
});

t.test('ids are forced on inserts that generated them, with care where they may not have', async (t) => {
  const forced = (sql: string, insertId: bigint) => {
    const statement = statementOf(sql);
    return forcesInsertId({ statement, insertId, longData: [], types: undefined, namedTypes: undefined, crc: 0, mix: 0, bytes: 0 });
  };
  t.equal(forced("INSERT INTO a (b) VALUES ('x')", 0n), 'no');
  t.equal(forced("INSERT INTO a (b) VALUES ('x')", 4711n), 'yes');
  t.equal(forced("INSERT INTO a VALUES (4711, 'x')", 4711n), 'perhaps');
  t.equal(forced("INSERT INTO a (b) VALUES ('x') ON DUPLICATE KEY UPDATE b = 'y'", 4711n), 'perhaps');
  t.equal(forced('INSERT INTO a SELECT * FROM c', 4711n), 'perhaps');
  t.equal(forced('UPDATE a SET b = LAST_INSERT_ID(b + 1)', 4711n), 'perhaps');
  t.equal(forced('INSERT INTO a (b) VALUES (1); INSERT INTO c (b) VALUES (2)', 4711n), 'no');
});
