/** Accounts, tables and routines the scenarios use; each statement is run as administrator. Names and passwords mean nothing elsewhere. */
export function setUpStatements(flavor: 'mysql' | 'mariadb'): string[] {
  const native = (password: string) => (flavor === 'mysql' ? `WITH mysql_native_password BY '${password}'` : `BY '${password}'`);
  const sha2 = [
    "CREATE USER golden_sha2@'%' IDENTIFIED WITH caching_sha2_password BY 'golden-secret'",
    "GRANT ALL ON golden.* TO golden_sha2@'%'",
  ];
  return [
    'DROP DATABASE IF EXISTS golden',
    "DROP USER IF EXISTS golden@'%', golden_native@'%', golden_sha2@'%'",
    'CREATE DATABASE golden',
    `CREATE USER golden@'%' IDENTIFIED ${native('')}`,
    "GRANT ALL ON *.* TO golden@'%'",
    `CREATE USER golden_native@'%' IDENTIFIED ${native('golden-secret')}`,
    "GRANT ALL ON golden.* TO golden_native@'%'",
    ...(flavor === 'mysql' ? sha2 : []),
    'CREATE TABLE golden.thing (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(300), price DECIMAL(10,2), made DATETIME) CHARSET utf8mb4',
    "INSERT INTO golden.thing (name, price, made) VALUES ('anvil', 12.50, '2020-02-29 12:00:00'), (NULL, NULL, NULL), ('ünïcode €', -1, '1999-12-31 23:59:59')",
    'CREATE TABLE golden.loaded (a INT, b VARCHAR(20))',
    "CREATE PROCEDURE golden.two_results() BEGIN SELECT 1 AS one; SELECT 'x' AS x, NULL AS nothing; END",
    'CREATE PROCEDURE golden.out_param(IN a INT, OUT b INT) BEGIN SELECT a AS given; SET b = a * 2; END',
    "CREATE FUNCTION golden.boom(n INT) RETURNS INT NO SQL BEGIN IF n = 3 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'boom at 3', MYSQL_ERRNO = 1644; END IF; RETURN n; END",
    'SET GLOBAL local_infile = 1',
    'SET GLOBAL max_allowed_packet = 67108864',
  ];
}
