/** Columns of `every_type` but its id, with the literal of row 1. */
const EVERY_TYPE: readonly [name: string, type: string, literal: string][] = [
  ['c_tinyint', 'TINYINT', '-128'],
  ['c_utinyint', 'TINYINT UNSIGNED', '255'],
  ['c_smallint', 'SMALLINT', '-32768'],
  ['c_mediumint', 'MEDIUMINT', '-8388608'],
  ['c_int', 'INT', '-2147483648'],
  ['c_uint', 'INT UNSIGNED', '4294967295'],
  ['c_bigint', 'BIGINT', '-9223372036854775808'],
  ['c_ubigint', 'BIGINT UNSIGNED', '18446744073709551615'],
  ['c_decimal', 'DECIMAL(30,10)', '-12345678901234567890.0123456789'],
  ['c_float', 'FLOAT', '-1.5'],
  ['c_double', 'DOUBLE', '1.0e100'],
  ['c_date', 'DATE', "'2024-02-29'"],
  ['c_time', 'TIME(6)', "'-123:59:58.654321'"],
  ['c_datetime', 'DATETIME(6)', "'2024-02-29 23:59:58.123456'"],
  ['c_timestamp', 'TIMESTAMP(3) NULL', "'2001-09-09 01:46:40.500'"],
  ['c_year', 'YEAR', '2155'],
  ['c_char', 'CHAR(10)', "'ten'"],
  ['c_varchar', 'VARCHAR(100)', "'Größe 漢字 😀'"],
  ['c_binary', 'BINARY(4)', "x'00ff0a27'"],
  ['c_varbinary', 'VARBINARY(100)', "x'00fffe5c27220d0a1a'"],
  ['c_blob', 'BLOB', "x'ffd8ffe000104a46'"],
  ['c_text', 'TEXT', "'it''s \\\\ a \"text\"'"],
  ['c_enum', "ENUM('small','größer')", "'größer'"],
  ['c_set', "SET('x','y','z')", "'x,z'"],
  ['c_json', 'JSON', '\'{"a": [1, null, "ä"]}\''],
  ['c_bit', 'BIT(12)', "b'101010101010'"],
  ['c_null', 'INT NULL', 'NULL'],
];

/** Statements that make the database of one client's run and what its scenarios need. */
export function schemaStatements(database: string): string[] {
  const db = `\`${database}\``;
  const names = EVERY_TYPE.map(([name]) => name);
  const same = names.map((name) => `a.${name} <=> b.${name}`).join(' AND ');
  const digits =
    '(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';
  return [
    `DROP DATABASE IF EXISTS ${db}`,
    `CREATE DATABASE ${db} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
    `USE ${db}`,
    'CREATE TABLE numbers (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL)',
    `INSERT INTO numbers SELECT 1 + a.d + 10 * b.d + 100 * c.d AS n, CONCAT('number ', 1 + a.d + 10 * b.d + 100 * c.d) FROM ${digits} a, ${digits} b, ${digits} c`,
    'CREATE TABLE texts (id INT PRIMARY KEY AUTO_INCREMENT, body TEXT)',
    'CREATE TABLE bytes (id INT PRIMARY KEY, body LONGBLOB)',
    'CREATE TABLE balances (id INT PRIMARY KEY, balance INT NOT NULL)',
    'INSERT INTO balances VALUES (1, 100), (2, 100)',
    'CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(100))',
    'CREATE TABLE prepared (id INT PRIMARY KEY, name VARCHAR(100), amount DOUBLE)',
    'CREATE TABLE counters (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(10) UNIQUE, n INT)',
    `CREATE TABLE every_type (id INT PRIMARY KEY, ${EVERY_TYPE.map(([name, type]) => `${name} ${type}`).join(', ')})`,
    `INSERT INTO every_type VALUES (1, ${EVERY_TYPE.map(([, , literal]) => literal).join(', ')})`,
    `CREATE VIEW types_equal AS SELECT b.id AS id, ${same} AS same FROM every_type a JOIN every_type b WHERE a.id = 1`,
    "CREATE PROCEDURE two_results() BEGIN SELECT 1 AS a; SELECT 2 AS b, 'zwei' AS c; END",
    'CREATE PROCEDURE add_up(IN a INT, IN b INT, OUT total INT) SET total = a + b',
  ];
}
