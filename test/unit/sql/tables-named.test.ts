import t from 'tap';
import { DEFAULT_DIALECT } from '../../../src/sql/dialect.js';
import { tablesNamed } from '../../../src/sql/tables-named.js';

const CASES: readonly (readonly [string, string])[] = [
  ['SELECT 1', ''],
  ['SELECT a, b FROM t', 't'],
  ['SELECT a FROM t AS x, db.u y, `odd``name` WHERE a IN (1, b)', 't db.u odd`name'],
  ['SELECT a FROM t JOIN u ON t.id = u.id LEFT JOIN v USING (id), w', 't u v w'],
  ['SELECT a FROM (t, u) STRAIGHT_JOIN v', 't u v'],
  ['SELECT a FROM (SELECT b FROM t) AS d, e', 't e'],
  ['SELECT a FROM t WHERE b = (SELECT c FROM u) ORDER BY d, e', 't u'],
  ['SELECT EXTRACT(YEAR FROM a), TRIM(LEADING b FROM c), SUBSTRING(d FROM 2 FOR 1) FROM t', 't'],
  ['SELECT a FROM t FOR UPDATE', 't'],
  ['SELECT a FROM t FOR UPDATE OF t, u', 't t u'],
  ['(SELECT a FROM t) UNION (SELECT b FROM u)', 't u'],
  ['WITH x AS (SELECT 1 FROM t) SELECT a FROM x, u', 't x u'],
  ['WITH x AS (SELECT 1 FROM t) UPDATE u SET a = 1', 't u'],
  ['SELECT a INTO @x FROM t', 't'],
  ['INSERT INTO t (a, b) VALUES (1, 2), (3, 4)', 't'],
  ['INSERT t SET a = 1, b = 2', 't'],
  ['INSERT IGNORE INTO db.t SELECT a, b FROM u ON DUPLICATE KEY UPDATE c = 1', 'db.t u'],
  ['REPLACE LOW_PRIORITY INTO t VALUES (1)', 't'],
  ['UPDATE t SET a = 1, b = 2 WHERE c IN (SELECT d FROM u)', 't u'],
  ['UPDATE t, u SET t.a = u.b', 't u'],
  ['UPDATE t JOIN u ON t.a = u.a SET t.b = 1', 't u'],
  ['DELETE FROM t WHERE a = 1', 't'],
  ['DELETE t, u FROM t JOIN u USING (a)', 't u t u a'],
  ['DELETE QUICK FROM t, u USING t JOIN v ON 1', 'QUICK t u t v'],
  ['TRUNCATE TABLE t', 't'],
  ['TRUNCATE t', 't'],
  ['TABLE t', 't'],
  ['DESCRIBE t', 't'],
  ['EXPLAIN SELECT a FROM t', 't'],
  ['HANDLER t OPEN', 't'],
  ['SHOW COLUMNS FROM t FROM db', 't db'],
  ['SHOW CREATE TABLE t', 't'],
  ['CREATE TABLE IF NOT EXISTS t (a INT, b INT, FOREIGN KEY (a) REFERENCES u (a))', 't u'],
  ['CREATE TABLE t LIKE u', 't u'],
  ['CREATE TABLE t SELECT a, b FROM u', 't u'],
  ['CREATE INDEX i ON t (a, b)', 't'],
  ['CREATE VIEW v AS SELECT a FROM t', 'v t'],
  ['DROP TABLE IF EXISTS t, db.u', 't db.u'],
  ['DROP INDEX i ON t', 't'],
  ['RENAME TABLE t TO u, v TO w', 't u v w'],
  ['ALTER TABLE t RENAME TO u', 't u'],
  ['LOCK TABLES t READ, u AS x WRITE', 't u'],
  ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t (a, b)", 't'],
  ['CHECKSUM TABLE t, u', 't u'],
  ['SET @a = (SELECT MAX(b) FROM t)', 't'],
  ['SELECT a FROM t; DELETE FROM u; SELECT 1', 't u'],
  ['SET STATEMENT max_statement_time = 1 FOR UPDATE t SET a = 1', 't'],
  ['SET STATEMENT max_statement_time = 1 FOR INSERT t SELECT * FROM u', 't u'],
  ['SET STATEMENT max_statement_time = 1 FOR SELECT * FROM t FOR UPDATE', 't'],
  ['SET @a = (SELECT b FROM t FOR UPDATE), @c = 1', 't'],
  ['CALL p(t)', 'CALL p t'],
  ['SELECT a FROM user, value, view, tables, `for`, status', 'user value view tables for status'],
  ['SELECT a FROM quick', 'quick'],
  ['FROBNICATE t, `u`', 'FROBNICATE t u'],
];

t.test('names in the place of tables', (t) => {
  for (const [sql, expected] of CASES) {
    const found = tablesNamed(Buffer.from(sql), DEFAULT_DIALECT).map(({ schema, name }) =>
      schema === undefined ? name : `${schema}.${name}`,
    );
    t.equal(found.join(' '), expected, sql);
  }
  t.end();
});
