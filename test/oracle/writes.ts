import { type Circumstances, one, sql, type Writer } from './circumstances.js';
import type { Operation } from './operation.js';
import { fill, readOnlyAboutLast } from './reads.js';
import { otherSchemaOf } from './schema.js';
import { literal, someId, text } from './values.js';

/** A code that no row has yet, most of the time. */
function code(at: Circumstances): string {
  return at.random.chance(0.8)
    ? `'code ${at.serial()}'`
    : at.random.pick(["'anvil'", "'bolt'", 'NULL', "'far too long for the column that it is for'"]);
}

const INSERTS: readonly [number, (at: Circumstances) => string][] = [
  [6, (at) => `INSERT INTO item (code, n) VALUES (${code(at)}, ${at.random.below(100)})`],
  [4, (at) => `INSERT INTO item (code, n) VALUES (${code(at)}, 1), (${code(at)}, 2), (${code(at)}, 3)`],
  [2, (at) => `INSERT INTO item SET code = ${code(at)}, price = 1.005, made = '2022-02-30'`],
  [2, (at) => `INSERT INTO item (id, code) VALUES (${1000 + at.random.below(500)}, ${code(at)})`],
  [1, (at) => `INSERT INTO item (id, code) VALUES (${at.random.pick(['0', 'NULL', 'DEFAULT'])}, ${code(at)})`],
  [3, (at) => `INSERT INTO item (code, n) VALUES ('anvil', 1) ON DUPLICATE KEY UPDATE n = ${at.random.pick(['n + 1', '9', 'VALUES(n)'])}`],
  [2, (at) => `INSERT INTO item (code) VALUES (${code(at)}) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)`],
  [2, (at) => `INSERT IGNORE INTO item (code, n) VALUES ('anvil', 1), (${code(at)}, 'no number'), (NULL, 99999999999)`],
  [2, (at) => `INSERT IGNORE INTO part (label) VALUES ('too long for it'), (NULL), ('ok${at.random.below(9)}')`],
  [2, () => "INSERT INTO part (item_id, label) SELECT id, 'copied' FROM item ORDER BY id LIMIT 2"],
  [2, (at) => `INSERT INTO plain (k, v) VALUES (${at.random.below(40)}, ${literal(at)})`],
  [2, (at) => `REPLACE INTO plain (k, v) VALUES (${someId(at)}, ${text(at)}), (${10 + someId(at)}, 'more')`],
  [1, (at) => `REPLACE INTO item (id, code) VALUES (${someId(at)}, ${code(at)})`],
  [1, (at) => `INSERT INTO plain SELECT id + ${100 + at.serial()}, code, NULL, n FROM item`],
  [1, () => `INSERT INTO part (item_id, label) VALUES (LAST_INSERT_ID(), 'of last')`],
  [1, () => 'SET @a = COALESCE(@a, 5), @b = COALESCE(@b, 6); INSERT INTO plain (k, v, d) VALUES (60, @a, @b + 1)'],
  [1, (at) => `INSERT INTO ${otherSchemaOf(at.lane)}.item (txt) VALUES (${text(at)})`],
  [1, () => "INSERT INTO part (label, qty) VALUES ('far too long', 1)"],
  [1, () => "INSERT INTO part (label, qty) VALUES ('q', 99999)"],
  [1, () => 'INSERT INTO part (item_id) VALUES (5)'],
];

const OTHERS: readonly [number, string][] = [
  [3, 'UPDATE item SET n = n + 1 WHERE id = #'],
  [2, 'UPDATE item SET n = n + 1'],
  [2, 'UPDATE item SET price = price / 0 WHERE id < 3'],
  [1, 'UPDATE item SET n = 5 WHERE code = "missing"'],
  [1, "UPDATE item SET code = 'bolt' WHERE id = 1"],
  [1, 'UPDATE plain SET k = LAST_INSERT_ID(k + 1) ORDER BY k DESC LIMIT 1'],
  // Not of `part`: MySQL 8.0.15 says 1048 of its `label` where an INSERT without that column used the same table object (seen on a server alone).
  [1, "UPDATE item i JOIN plain p ON p.k = i.id SET i.n = p.k, p.v = 'joined' WHERE i.id = #"],
  [1, "UPDATE part SET label = 'much too long' WHERE id = #"],
  [3, 'DELETE FROM part WHERE id = #'],
  [2, 'DELETE FROM plain WHERE k > 10'],
  [1, 'DELETE p FROM part p JOIN item i ON i.id = p.item_id WHERE i.id = #'],
  [1, 'WITH low AS (SELECT MIN(k) AS k FROM plain) UPDATE plain SET v = "low" WHERE k IN (SELECT k FROM low)'],
  [1, 'DELETE FROM missing'],
  [1, 'DELETE FROM item WHERE nosuch = 1'],
  [1, "INSERT INTO plain (k, v) VALUES (50, 'a'); UPDATE plain SET v = 'b' WHERE k = 50; SELECT v FROM plain WHERE k = 50"],
  [1, "INSERT INTO plain (k) VALUES (51); INSERT INTO plain (k) VALUES (51); SELECT 'not reached'"],
  [1, 'INSERT INTO item (n) VALUES (1); SELECT LAST_INSERT_ID()'],
  [0.5, 'ALTER TABLE plain ENGINE = InnoDB'],
  [0.5, 'CREATE TABLE extra (id INT AUTO_INCREMENT PRIMARY KEY, x INT)'],
  [0.5, 'INSERT INTO extra (x) VALUES (1), (2)'],
  [0.5, 'SELECT * FROM extra ORDER BY id'],
  [0.5, 'DROP TABLE IF EXISTS extra'],
  [0.3, 'TRUNCATE TABLE extra'],
  [0.2, 'CREATE TABLE made_of (PRIMARY KEY (k)) SELECT k, v FROM plain'],
];

const ROWS_AFTER = [
  'SELECT * FROM item ORDER BY id',
  'SELECT COUNT(*) FROM item',
  'SELECT * FROM part ORDER BY id',
  'SELECT * FROM plain ORDER BY k',
  'SELECT MAX(id) FROM item',
];

/** A write, and often a look at what it did: by a read of the rows, or by a question about the statement. */
export const write: Writer = (at) => {
  const made = at.random.chance(0.6) ? at.random.weighted(INSERTS)(at) : fill(at, at.random.weighted(OTHERS));
  const after = at.random.next();
  if (after < 0.35) return [sql(made), sql(at.random.pick(ROWS_AFTER))];
  if (after < 0.6) return [sql(made), ...readOnlyAboutLast(at)];
  return one(made);
};

function temporaryName(at: Circumstances): string {
  // Of the real tables one is hidden now and then.
  return at.random.pick(['temp', 'temp', 'scratch', 'plain']);
}

export const temporaryTable: Writer = (at) => {
  const { random, temporary } = at;
  if (temporary.size === 0 || random.chance(0.2)) {
    const name = temporaryName(at);
    if (name !== 'plain' || random.chance(0.5)) temporary.add(name);
    const create: Operation = sql(
      random.pick([
        `CREATE TEMPORARY TABLE ${name} (k INT PRIMARY KEY, v VARCHAR(20))`,
        `CREATE TEMPORARY TABLE IF NOT EXISTS ${name} (k INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20))`,
        `CREATE TEMPORARY TABLE ${name} (PRIMARY KEY (k)) SELECT id AS k, code AS v FROM item`,
      ]),
    );
    return [create, sql(`SELECT k, v FROM ${name} ORDER BY k`)];
  }
  const name = random.pick([...temporary]);
  const what = random.pick([
    `INSERT INTO ${name} (k, v) VALUES (${random.below(20)}, 'temporary')`,
    `SELECT * FROM ${name} ORDER BY k`,
    `SELECT COUNT(*) FROM ${name} t JOIN item i ON i.id = t.k`,
    `UPDATE ${name} SET v = 'changed'`,
    `DROP TEMPORARY TABLE ${name}`,
    `DROP TEMPORARY TABLE ${name}`,
    `DROP TABLE ${name}`.replace('TABLE plain', 'TEMPORARY TABLE plain'),
  ]);
  if (what.startsWith('DROP')) temporary.delete(name);
  return one(what);
};
