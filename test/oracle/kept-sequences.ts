import type { Operation } from './operation.js';
import { freshRows, otherSchemaOf, schemaOf, userOf } from './schema.js';

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
    'LAST_INSERT_ID() after a write that a READ ONLY transaction refused': [
      rows,
      sql("INSERT INTO part (item_id, label) SELECT id, 'copied' FROM item ORDER BY id LIMIT 2"),
      sql('START TRANSACTION READ ONLY'),
      sql("INSERT INTO item (code, n) VALUES ('anvil', 1) ON DUPLICATE KEY UPDATE n = 9"),
      sql("SELECT CAST('x' AS DATETIME)"),
      sql('CALL p_last()'),
    ],
    'insert_id set in a READ ONLY transaction, used after it': [
      rows,
      sql('START TRANSACTION READ ONLY'),
      sql('SET insert_id = 5000'),
      sql('SELECT code FROM item ORDER BY id'),
      sql('COMMIT'),
      sql("INSERT INTO part (label, qty) VALUES ('q', 1)"),
      sql('SELECT * FROM part ORDER BY id'),
    ],
    'warnings of COM_FIELD_LIST, behind a question of ours': [
      rows,
      { do: 'prepare', name: 's', sql: 'SELECT LAST_INSERT_ID(), ROW_COUNT()' },
      { do: 'execute', name: 's', parameters: [] },
      sql('CALL p_prepare()'),
      { do: 'field-list', table: 'item', wild: '' },
      sql('SHOW WARNINGS'),
    ],
    'warnings of a SET, behind a question of ours': [
      rows,
      sql('INSERT INTO plain (k, v) VALUES (70 + ROW_COUNT(), LAST_INSERT_ID())'),
      sql('ROLLBACK'),
      sql("SET SESSION sql_mode := 'ONLY_FULL_GROUP_BY,NO_ZERO_DATE'"),
      sql('SHOW COUNT(*) WARNINGS'),
    ],
    'FOUND_ROWS() in a routine, behind a SET that warned and a CALL': [
      rows,
      sql("REPLACE INTO plain (k, v) VALUES (5, 'seven'), (14, 'more')"),
      sql('SELECT DISTINCT item_id FROM part ORDER BY item_id'),
      sql("SET NAMES 'utf8'"),
      sql('CALL p_mode()'),
      sql('CALL p_last()'),
    ],
    'ROW_COUNT() of an UPDATE on the primary, behind variables that were set on a replica': [
      rows,
      sql('SELECT id FROM item'),
      sql('SET @a = ROW_COUNT(), @b = FOUND_ROWS()'),
      sql('UPDATE item i JOIN part p ON p.item_id = i.id SET i.n = p.qty, p.qty = 0 WHERE i.id = 2'),
      sql('SELECT ROW_COUNT(), FOUND_ROWS(), LAST_INSERT_ID(), @a'),
    ],
    'a statement that is prepared on a replica, reset in a transaction': [
      rows,
      { do: 'prepare', name: 's', sql: 'SELECT * FROM item ORDER BY id' },
      { do: 'execute', name: 's', parameters: [], cursor: true },
      sql('BEGIN WORK'),
      { do: 'reset', name: 's' },
      { do: 'execute', name: 's', parameters: [] },
      sql('COMMIT'),
    ],
    'what a server is asked behind COM_STMT_RESET of a statement on a replica': [
      rows,
      sql("INSERT IGNORE INTO item (code, n) VALUES ('anvil', 1), ('bolt', 'no number'), (NULL, 99999999999)"),
      { do: 'prepare', name: 's', sql: 'SELECT ? AS echo' },
      { do: 'reset', name: 's' },
      sql('SELECT CURRENT_ROLE()'),
      sql('CALL p_last()'),
    ],
    'a savepoint in a READ ONLY transaction': [
      rows,
      sql('START TRANSACTION READ ONLY'),
      sql('SAVEPOINT two'),
      sql('SELECT * FROM plain ORDER BY k'),
      sql('ROLLBACK TO two'),
      sql('COMMIT'),
    ],
    'the row count that a CALL gives on, behind a PREPARE': [
      rows,
      sql('SELECT * FROM part ORDER BY id'),
      sql("INSERT INTO plain (k, v) VALUES (25, 'x')"),
      { do: 'prepare', name: 's', sql: 'CALL p_out(2, @b, @c)' },
      { do: 'execute', name: 's', parameters: [] },
    ],
    'FOUND_ROWS() behind reads on the primary for want of a replica, and one that fails': [
      rows,
      sql('SELECT * FROM plain ORDER BY k'),
      sql('(SELECT id FROM item ORDER BY id LIMIT 1) UNION ALL (SELECT 99)'),
      sql('SELECT * FROM missing'),
      sql('SELECT FOUND_ROWS()'),
    ],
    'variables that were set on a replica, and statements on the primary that would set them and do not': [
      rows,
      sql('SELECT 1 FROM item'),
      sql('START TRANSACTION READ ONLY'),
      sql("SET @a = CONCAT('x', 'y'), @b = CONCAT(1, 2)"),
      sql('COMMIT'),
      sql('SELECT code INTO @a FROM item WHERE id = 99'),
      sql('SET @b = (SELECT MAX(nosuch) FROM plain)'),
      sql('SELECT @a, @b'),
    ],
    'SET CHARACTER SET takes the collation of the schema': [
      rows,
      sql('SET CHARACTER SET utf8mb4'),
      sql("INSERT INTO plain (k, v) VALUES (25, 'x')"),
      sql("SELECT 'straße' = 'STRASSE', @@collation_connection"),
      move,
      sql("SELECT 'straße' = 'STRASSE', @@collation_connection"),
    ],
    'COM_STMT_FETCH without a cursor, on a new connection': [
      rows,
      { do: 'prepare', name: 's', sql: 'SELECT * FROM plain' },
      move,
      { do: 'fetch', name: 's', rows: 1 },
    ],
    'a schema that only a role lets in, on a new connection': [
      rows,
      sql('SET ROLE reader'),
      { do: 'init-db', schema: `${schemaOf(lane)}r` },
      move,
      sql("INSERT INTO plain (k, v) VALUES (50, 'a')"),
      sql('SELECT * FROM secret'),
    ],
    'GET DIAGNOSTICS in a READ ONLY transaction that has moved to the primary': [
      rows,
      sql('SELECT CURRENT_ROLE()'),
      sql('START TRANSACTION READ ONLY'),
      sql('SET insert_id = 5000'),
      sql('SELECT 1/0, CAST("x" AS SIGNED)'),
      sql('GET DIAGNOSTICS CONDITION 1 @a = MESSAGE_TEXT, @b = RETURNED_SQLSTATE, @c = MYSQL_ERRNO'),
      sql('COMMIT'),
      sql('SELECT @a, @b, @c'),
    ],
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
    'FOUND_ROWS() of a read on a replica, behind writes on the primary': [
      rows,
      sql('SELECT * FROM item'),
      sql('SELECT FOUND_ROWS()'),
      sql('SELECT * FROM part'),
      sql("INSERT INTO plain (k, v) VALUES (40, 'a'), (41, 'b')"),
      sql('SELECT ROW_COUNT(), FOUND_ROWS(), LAST_INSERT_ID()'),
      sql('SELECT * FROM plain WHERE k > 40'),
      sql('START TRANSACTION'),
      sql('CALL p_last()'),
      sql('COMMIT'),
      { do: 'change-user', user: userOf(lane), schema: schemaOf(lane) },
      sql('SELECT FOUND_ROWS()'),
    ],
    'GET DIAGNOSTICS leaves what it asks for': [
      rows,
      sql("INSERT IGNORE INTO item (code, n) VALUES ('anvil', 1), ('new', 2), (NULL, 3)"),
      sql('GET DIAGNOSTICS CONDITION 1 @a = MESSAGE_TEXT, @b = RETURNED_SQLSTATE'),
      sql('SELECT ROW_COUNT(), LAST_INSERT_ID()'),
    ],
    'a user variable that was never set stays so': [
      rows,
      sql('SELECT code INTO @c FROM item WHERE id = 99'),
      sql('INSERT INTO plain (k) VALUES (40)'),
      sql('SELECT * FROM plain ORDER BY k'),
      sql('SELECT @c, @a'),
    ],
    'PREPARE (text) belongs to its schema': [
      rows,
      sql("PREPARE t1 FROM 'SELECT code FROM item WHERE id = ?'"),
      sql('SET @a = 1'),
      { do: 'init-db', schema: otherSchemaOf(lane) },
      sql('SELECT 1'),
      move,
      sql('EXECUTE t1 USING @a'),
      sql('START TRANSACTION READ ONLY'),
      sql('EXECUTE t1 USING @a'),
      sql('COMMIT'),
    ],
    'a write in a READ ONLY transaction, and what SHOW ERRORS says of it': [
      rows,
      sql('SELECT 1 FROM item'),
      sql('START TRANSACTION READ ONLY'),
      sql('SELECT * FROM item ORDER BY id'),
      sql('DELETE FROM plain'),
      sql('SHOW ERRORS'),
      sql('ROLLBACK'),
    ],
    'reset connection, and the character set after it': [
      rows,
      sql('SELECT CURRENT_USER()'),
      { do: 'reset-connection' },
      sql('SELECT * FROM item ORDER BY id'),
    ],
  };
}

/** The same for losses that cannot be mended: the last statement is told so by 9502, in place of an answer that one server would not give. */
export function keptLosses(lane: number): Readonly<Record<string, readonly Operation[]>> {
  const rows = sql(freshRows(lane));
  const hidden = sql('CREATE TEMPORARY TABLE plain (k INT PRIMARY KEY, v VARCHAR(20))');
  const move: Operation = { do: 'move', what: 'primary' };
  return {
    'a procedure writes to a temporary table that hid a real one': [rows, hidden, move, sql('CALL p_quiet(4)')],
    'a function writes to a temporary table that hid a real one': [rows, hidden, move, sql('SELECT f_write(4)')],
  };
}
