import type { Operation } from './operation.js';
import { freshRows, otherSchemaOf } from './schema.js';

const sql = (text: string): Operation => ({ do: 'query', sql: text });

/** What was found once, cut down, and must not come back: played before anything random. */
export function keptSequences(lane: number): Readonly<Record<string, readonly Operation[]>> {
  const rows = sql(freshRows(lane));
  const move: Operation = { do: 'move', what: 'all' };
  const id = (value: number): Operation & { do: 'execute' } => ({
    do: 'execute',
    name: 'insert',
    parameters: [{ type: 3, hex: Buffer.of(value, 0, 0, 0).toString('hex') }],
  });
  const prepared = (...between: Operation[]): Operation[] => [
    rows,
    { do: 'prepare', name: 'select', sql: 'SELECT * FROM item ORDER BY id' },
    { do: 'prepare', name: 'insert', sql: 'INSERT INTO item (id) VALUES (?)' },
    { do: 'prepare', name: 'quotes', sql: 'SELECT "x" AS x' },
    sql("SET sql_mode = 'ANSI_QUOTES'"),
    ...between,
    { do: 'init-db', schema: otherSchemaOf(lane) },
    { do: 'execute', name: 'select', parameters: [] },
    id(99),
    { do: 'execute', name: 'select', parameters: [] },
    { do: 'execute', name: 'quotes', parameters: [] },
    sql('SELECT * FROM item ORDER BY id'),
    sql('SELECT @@sql_mode, DATABASE()'),
  ];
  return {
    'a prepared statement stays in the schema and sql_mode of its PREPARE, prepared late on another connection': prepared(),
    'a prepared statement stays in the schema and sql_mode of its PREPARE, prepared again on new connections': prepared(move),
    'a READ ONLY transaction ended by another START TRANSACTION': [
      rows,
      sql('START TRANSACTION READ ONLY'),
      sql('SELECT * FROM item ORDER BY id'),
      sql('START TRANSACTION READ WRITE'),
      sql('INSERT INTO item (id) VALUES (98)'),
      sql('COMMIT'),
      sql('SELECT * FROM item ORDER BY id'),
    ],
    'LAST_INSERT_ID() in a READ ONLY transaction': [
      rows,
      sql('INSERT INTO plain (k) VALUES (LAST_INSERT_ID(40))'),
      sql('SELECT 1 FROM plain'),
      sql('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY'),
      sql('SELECT LAST_INSERT_ID() + 1 AS next, @@last_insert_id'),
      sql('COMMIT'),
    ],
    'reset connection, and the character set after it': [
      rows,
      sql('SELECT CURRENT_USER()'),
      { do: 'reset-connection' },
      sql('SELECT * FROM item ORDER BY id'),
    ],
  };
}
