import type { Flavor } from '../servers/servers.js';

/** Sequences that run side by side have schemas of their own; the second is for USE and for names with a schema. */
export const schemaOf = (lane: number): string => `ora${String(lane).padStart(2, '0')}`;
export const otherSchemaOf = (lane: number): string => `${schemaOf(lane)}x`;

/** Each lane logs in with accounts of its own, by which its connections can be told apart. The second is for COM_CHANGE_USER. */
export const userOf = (lane: number): string => `lane${String(lane).padStart(2, '0')}a`;
export const otherUserOf = (lane: number): string => `lane${String(lane).padStart(2, '0')}b`;
export const LANE_PASSWORD = 'lane';

/** Roles and accounts, as root, once. */
export function accountStatements(flavor: Flavor, lanes: number): string[] {
  const statements = ['CREATE ROLE reader', 'CREATE ROLE writer'];
  for (let lane = 0; lane < lanes; lane++) {
    for (const user of [userOf(lane), otherUserOf(lane)]) {
      const how = flavor === 'mysql' ? 'IDENTIFIED WITH mysql_native_password BY' : 'IDENTIFIED BY';
      statements.push(`CREATE USER ${user}@'%' ${how} '${LANE_PASSWORD}'`);
      for (const schema of [schemaOf(lane), otherSchemaOf(lane)]) statements.push(`GRANT ALL ON ${schema}.* TO ${user}@'%'`);
      statements.push(`GRANT reader TO ${user}@'%'`, `GRANT writer TO ${user}@'%'`);
    }
    const guarded = `${schemaOf(lane)}r`;
    statements.push(
      `CREATE DATABASE ${guarded}`,
      `CREATE TABLE ${guarded}.secret (id INT PRIMARY KEY, what VARCHAR(20))`,
      `INSERT INTO ${guarded}.secret VALUES (1, 'open'), (2, 'sesame')`,
      `GRANT SELECT ON ${guarded}.* TO reader`,
    );
  }
  return statements;
}

/** A lane's tables and routines, as root; also after a sequence whose two sides ended apart. */
export function schemaStatements(lane: number): string[] {
  const [schema, other] = [schemaOf(lane), otherSchemaOf(lane)];
  const routine = (what: string): string => what.replaceAll('~', `${schema}.`);
  return [
    `DROP DATABASE IF EXISTS ${schema}`,
    `DROP DATABASE IF EXISTS ${other}`,
    `CREATE DATABASE ${schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
    `CREATE DATABASE ${other} CHARACTER SET latin1 COLLATE latin1_swedish_ci`,
    `CREATE TABLE ${schema}.item (id INT AUTO_INCREMENT PRIMARY KEY, code VARCHAR(20) UNIQUE, n INT, price DECIMAL(10,2), note VARCHAR(30), made DATETIME(3), flag BIT(3))`,
    `CREATE TABLE ${schema}.part (id INT AUTO_INCREMENT PRIMARY KEY, item_id INT, label VARCHAR(8) NOT NULL, qty SMALLINT)`,
    `CREATE TABLE ${schema}.plain (k INT PRIMARY KEY, v VARCHAR(40), u VARBINARY(20), d DOUBLE)`,
    `CREATE TABLE ${other}.item (id INT AUTO_INCREMENT PRIMARY KEY, txt VARCHAR(30))`,
    `CREATE VIEW ${schema}.joined AS SELECT i.id, i.code, i.n, p.label, p.qty FROM ${schema}.item i LEFT JOIN ${schema}.part p ON p.item_id = i.id`,
    routine('CREATE FUNCTION ~f_add(a INT, b INT) RETURNS INT DETERMINISTIC NO SQL RETURN a + b'),
    routine('CREATE FUNCTION ~f_count() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM item)'),
    routine('CREATE FUNCTION ~f_variable() RETURNS VARCHAR(100) DETERMINISTIC NO SQL RETURN @a'),
    routine('CREATE FUNCTION ~f_set(x INT) RETURNS INT DETERMINISTIC NO SQL BEGIN SET @f = x; RETURN x + 1; END'),
    routine(
      'CREATE FUNCTION ~f_write(x INT) RETURNS INT MODIFIES SQL DATA DETERMINISTIC BEGIN REPLACE INTO plain (k, v) VALUES (x, "by f_write"); RETURN ROW_COUNT(); END',
    ),
    routine('CREATE FUNCTION ~f_last() RETURNS BIGINT READS SQL DATA RETURN LAST_INSERT_ID()'),
    `CREATE VIEW ${schema}.calling AS SELECT id, ${schema}.f_add(id, n) AS added FROM ${schema}.item`,
    `CREATE VIEW ${schema}.writing AS SELECT k, ${schema}.f_write(900) AS wrote FROM ${schema}.plain`,
    routine(
      'CREATE PROCEDURE ~p_rows(IN x INT) BEGIN SELECT id, code FROM item WHERE id > x ORDER BY id LIMIT 3; SELECT x AS x, @a AS a; END',
    ),
    routine(
      'CREATE PROCEDURE ~p_set(IN x INT) BEGIN SET @a = x; SET @p = CONCAT("p", x); SET SESSION group_concat_max_len = 1000 + x; END',
    ),
    routine('CREATE PROCEDURE ~p_mode() BEGIN SET SESSION sql_mode = "ANSI_QUOTES"; SET @m = @@sql_mode; END'),
    routine(
      'CREATE PROCEDURE ~p_temp() BEGIN DROP TEMPORARY TABLE IF EXISTS made; CREATE TEMPORARY TABLE made (a INT PRIMARY KEY, b VARCHAR(10)); INSERT INTO made VALUES (1, "one"), (2, "two"); END',
    ),
    routine(
      'CREATE PROCEDURE ~p_insert(IN c VARCHAR(20)) BEGIN INSERT INTO item (code, n) VALUES (c, 1); SELECT LAST_INSERT_ID() > 0 AS inserted; END',
    ),
    routine('CREATE PROCEDURE ~p_quiet(IN x INT) BEGIN UPDATE plain SET v = CONCAT("quiet ", x) WHERE k < x; END'),
    routine('CREATE PROCEDURE ~p_out(IN a INT, OUT b INT, INOUT c VARCHAR(2000)) BEGIN SET b = a * 2; SET c = CONCAT(c, a); END'),
    routine('CREATE PROCEDURE ~p_fails() BEGIN SELECT 1 AS one; INSERT INTO plain (k) VALUES (1); SELECT 2 AS two; END'),
    routine("CREATE PROCEDURE ~p_signal() BEGIN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'as told', MYSQL_ERRNO = 1644; END"),
    routine("CREATE PROCEDURE ~p_warns() BEGIN SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'a warning', MYSQL_ERRNO = 1642; END"),
    routine(
      'CREATE PROCEDURE ~p_transaction() BEGIN START TRANSACTION; INSERT INTO plain (k, v) VALUES (77, "open") ON DUPLICATE KEY UPDATE v = "again"; END',
    ),
    routine('CREATE PROCEDURE ~p_last() BEGIN SELECT LAST_INSERT_ID() AS last, ROW_COUNT() AS rows_before, FOUND_ROWS() AS found; END'),
    routine('CREATE PROCEDURE ~p_prepare() BEGIN PREPARE in_procedure FROM "SELECT @a AS a, ? AS given"; END'),
    routine('CREATE TRIGGER ~t_part BEFORE INSERT ON ~part FOR EACH ROW SET NEW.qty = COALESCE(NEW.qty, 7)'),
  ];
}

/** What a sequence begins with: said by its own session, so that it sees it whatever the replicas have applied. One packet. */
export function freshRows(lane: number): string {
  const [schema, other] = [schemaOf(lane), otherSchemaOf(lane)];
  return [
    `DROP TABLE IF EXISTS ${schema}.extra, ${schema}.made_of`,
    `DELETE FROM ${schema}.item`,
    `DELETE FROM ${schema}.part`,
    `DELETE FROM ${schema}.plain`,
    `DELETE FROM ${other}.item`,
    `INSERT INTO ${schema}.item (id, code, n, price, note, made, flag) VALUES (1, 'anvil', 5, 12.50, 'heavy', '2020-02-29 12:00:00.125', 5), (2, 'bolt', 300, 0.10, NULL, NULL, NULL), (3, 'ünï €', -7, NULL, '', '1999-12-31', 0), (4, NULL, NULL, 99999999.99, 'x', '2024-01-01', 1)`,
    `INSERT INTO ${schema}.part (id, item_id, label, qty) VALUES (1, 1, 'a', 1), (2, 1, 'b', 2), (3, 2, 'c', 3), (4, 9, 'd', 4)`,
    `INSERT INTO ${schema}.plain VALUES (1, 'one', X'0001ff', 1.5), (2, 'two', NULL, -1e300), (3, NULL, 'abc', NULL)`,
    `INSERT INTO ${other}.item (id, txt) VALUES (1, 'other one'), (2, 'other two')`,
    // FOUND_ROWS() of a new connection is anything on MariaDB: threads keep it from their last connection.
    `SELECT k FROM ${schema}.plain ORDER BY k`,
  ].join('; ');
}
