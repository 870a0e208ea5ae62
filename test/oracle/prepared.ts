import { type BelievedStatement, type Circumstances, one, sql, type Writer } from './circumstances.js';
import type { Operation, WrittenParameter } from './operation.js';
import { fill } from './reads.js';
import { anyParameter, numberParameter, someId, textParameter } from './values.js';

/** Text and number of parameters. */
const TEXTS: readonly (readonly [string, number])[] = [
  ['SELECT ? AS echo', 1],
  ['SELECT ? AS first, ? AS second, @a AS a', 2],
  ['SELECT * FROM item WHERE id = ?', 1],
  ['SELECT * FROM item WHERE id > ? ORDER BY id', 1],
  ['SELECT * FROM plain ORDER BY k', 0],
  ['SELECT @a, @b, DATABASE(), @@sql_mode', 0],
  ['SELECT LAST_INSERT_ID(), ROW_COUNT()', 0],
  ['SELECT FOUND_ROWS(), @@warning_count', 0],
  ['SELECT SQL_CALC_FOUND_ROWS id FROM item ORDER BY id LIMIT ?', 1],
  ['INSERT INTO item (code, n) VALUES (CONCAT("p", ?), 5)', 1],
  ["INSERT INTO item (code, n) VALUES (CONCAT('q', ?), ?)", 2],
  ['INSERT INTO plain (k, v) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)', 2],
  ['UPDATE item SET n = ? WHERE id = ?', 2],
  ['DELETE FROM part WHERE id = ?', 1],
  ['REPLACE INTO plain (k, u) VALUES (?, ?)', 2],
  ['CALL p_out(?, ?, ?)', 3],
  ['CALL p_rows(?)', 1],
  ['CALL p_set(?)', 1],
  ['SET @a = ?', 1],
  ['SET @b = ?, @c = ?', 2],
  ['SET SESSION group_concat_max_len = ?', 1],
  ['SELECT id, code INTO @a, @b FROM item WHERE id = ?', 1],
  ['SELECT * FROM missing WHERE a = ?', 1],
  ['SELECT oops(', 0],
  ['SELECT 1; SELECT 2', 0],
  ['COMMIT', 0],
  ['DO GET_LOCK("x", 0) + ?', 0],
  ['SELECT id FROM item WHERE id = ? FOR UPDATE', 1],
  ['SHOW WARNINGS', 0],
  ['SELECT 1/?', 1],
  ['SELECT ?', 1],
  ['CREATE TEMPORARY TABLE IF NOT EXISTS scratch (k INT PRIMARY KEY, v VARCHAR(20))', 0],
];

function prepare(at: Circumstances): ReturnType<Writer> {
  const [text, parameters] = at.random.pick(TEXTS);
  const name = `s${at.serial()}`;
  const body = fill(at, text).replace(`GET_LOCK("x", 0) + ?`, `SLEEP(0)`);
  const statement: BelievedStatement = {
    name,
    sql: body,
    parameters,
    executed: false,
    cursor: false,
    longData: new Set(),
    hadLongData: false,
  };
  at.statements.set(name, statement);
  const operation: Operation = { do: 'prepare', name, sql: body };
  return at.random.chance(0.85) ? [operation, ...execute(at, statement)] : [operation];
}

function parametersOf(at: Circumstances, statement: BelievedStatement): WrittenParameter[] {
  return Array.from({ length: statement.parameters }, (_, index) => {
    if (statement.longData.has(index)) return { type: 252, hex: 'long' as const };
    if (/WHERE id|LIMIT|p_rows|p_set|group_concat|\(k,/.test(statement.sql) && index !== 1) return numberParameter(someId(at));
    if (/item SET n/.test(statement.sql)) return numberParameter(index === 0 ? at.random.below(1000) : someId(at));
    if (/p_out/.test(statement.sql)) return index < 2 ? numberParameter(someId(at)) : textParameter('inout');
    if (/INSERT INTO item/.test(statement.sql) && index === 0) return textParameter(String(at.serial()));
    return statement.hadLongData ? textParameter('after long data') : anyParameter(at);
  });
}

function execute(at: Circumstances, statement: BelievedStatement): ReturnType<Writer> {
  const { random } = at;
  const operations: Operation[] = [];
  // Long data only where any bytes will do.
  // MariaDB gives a pointer's digits for long data behind an execute with a number in its place.
  if (statement.parameters > 0 && !statement.executed && random.chance(0.25) && /echo|first|@a = \?|, \?\) ON|'q'/.test(statement.sql)) {
    const parameter = statement.parameters - 1;
    operations.push({ do: 'long-data', name: statement.name, parameter, hex: Buffer.from(`long ${at.serial()} `).toString('hex') });
    if (random.chance(0.5))
      operations.push({ do: 'long-data', name: statement.name, parameter, hex: Buffer.from("data 'x'").toString('hex') });
    statement.longData.add(parameter);
    statement.hadLongData = true;
    if (random.chance(0.15)) {
      operations.push({ do: 'reset', name: statement.name });
      statement.longData.clear();
    }
  }
  const cursor = /ORDER BY k$|id > \?/.test(statement.sql) && random.chance(0.2);
  const parameters = parametersOf(at, statement);
  operations.push({ do: 'execute', name: statement.name, parameters, ...(cursor && { cursor: true as const }) });
  statement.longData.clear();
  statement.executed = true;
  statement.cursor = cursor;
  if (cursor) {
    operations.push({ do: 'fetch', name: statement.name, rows: 1 + random.below(3) });
    if (random.chance(0.8)) {
      operations.push(random.chance(0.5) ? { do: 'fetch', name: statement.name, rows: 100 } : { do: 'reset', name: statement.name });
      statement.cursor = false;
    }
  } else if (statement.parameters > 0 && random.chance(0.1)) {
    operations.push({ do: 'execute', name: statement.name, parameters, typesKnown: true });
  }
  return operations;
}

function again(at: Circumstances): ReturnType<Writer> {
  const statement = at.random.pick([...at.statements.values()]);
  return at.random.weighted<() => ReturnType<Writer>>([
    [12, () => execute(at, statement)],
    [
      3,
      () => {
        at.statements.delete(statement.name);
        return [{ do: 'close', name: statement.name }];
      },
    ],
    [1, () => [{ do: 'reset', name: statement.name }]],
    [0.3, () => [{ do: 'fetch', name: statement.name, rows: 1 }]],
    [0.2, () => [{ do: 'execute', name: 'never prepared', parameters: [] }]],
  ])();
}

const TEXT_STATEMENTS: readonly (readonly [string, number])[] = [
  ["'SELECT ? + 1 AS next'", 1],
  ["'SELECT * FROM item WHERE id = ?'", 1],
  ["'INSERT INTO item (code) VALUES (?)'", 1],
  ["'SELECT @a, @b'", 0],
  ["'SET @c = 17'", 0],
  ["'UPDATE plain SET v = ? WHERE k = ?'", 2],
  ['@a', 0],
  ["'SELECT oops('", 0],
  ["'SELECT LAST_INSERT_ID(), FOUND_ROWS()'", 0],
];

function textPrepared(at: Circumstances): ReturnType<Writer> {
  const { random, textStatements } = at;
  if (textStatements.size > 0 && random.chance(0.5)) {
    const name = random.pick([...textStatements]);
    if (random.chance(0.3)) {
      textStatements.delete(name);
      return one(`${random.pick(['DEALLOCATE', 'DROP'])} PREPARE ${name}`);
    }
    return one(`EXECUTE ${name}${random.pick(['', ' USING @a', ' USING @a, @b', ' USING @a'])}`);
  }
  const name = random.pick(['t1', 't2']);
  const [text, parameters] = random.pick(TEXT_STATEMENTS);
  textStatements.add(name);
  const using = ['', ' USING @a', ' USING @a, @b'][parameters] ?? '';
  return [sql(`PREPARE ${name} FROM ${text}`), sql(`EXECUTE ${name}${using}`)];
}

/** Prepared statements, binary and by text. */
export const prepared: Writer = (at) =>
  at.random.weighted<Writer>([
    [5, prepare],
    [at.statements.size > 0 ? 7 : 0, again],
    [3, textPrepared],
    [
      at.flavor === 'mariadb' ? 0.5 : 0,
      ({ random }) => one(random.pick(["EXECUTE IMMEDIATE 'SELECT ? AS x' USING 5", "EXECUTE IMMEDIATE 'SET @a = 5'"])),
    ],
  ])(at);
