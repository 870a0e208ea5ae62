import { type Circumstances, one, type Writer } from './circumstances.js';
import { fill } from './reads.js';
import { otherSchemaOf, otherUserOf, schemaOf, userOf } from './schema.js';

/** Procedures with and without results and effects. */
const CALLS = [
  'CALL p_rows(#)',
  'CALL p_rows(#)',
  'CALL p_set(#)',
  'CALL p_set(#)',
  'CALL p_mode()',
  "CALL p_insert('called')",
  "CALL p_insert(CONCAT('called ', @a))",
  'CALL p_quiet(#)',
  'CALL p_out(#, @b, @c)',
  'CALL p_fails()',
  'CALL p_signal()',
  'CALL p_warns()',
  'CALL p_last()',
  'CALL p_prepare()',
  'CALL missing()',
  'CALL p_rows(1); SELECT @a',
];

export const call: Writer = (at) => {
  if (at.random.chance(0.06)) {
    at.transaction = true;
    return one('CALL p_transaction()');
  }
  if (at.random.chance(0.06)) {
    at.temporary.add('made');
    return [...one('CALL p_temp()'), ...one('SELECT a AS k, b AS v FROM made ORDER BY a')];
  }
  return one(fill(at, at.random.pick(CALLS)));
};

/** Statements that fail, and such as warn. */
const FAILURES = [
  'SELEC 1',
  'SELECT * FROM missing',
  'SELECT nosuch FROM item',
  'INSERT INTO plain (k) VALUES (1)',
  "INSERT INTO item (code) VALUES ('anvil')",
  "SELECT 'unterminated",
  'SELECT 1 /* unterminated',
  'SELECT (((((1)',
  'INSERT INTO plain (k, v) VALUES (1)',
  'SELECT f_missing(1)',
  'UPDATE item SET id = NULL WHERE id = 1',
  'SELECT * FROM mysql.user',
  'DROP TABLE missing',
  'DROP TABLE IF EXISTS missing',
  "SELECT CAST('x' AS DATETIME)",
  'SELECT 1/0',
  "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'by hand'",
  'SELECT (SELECT id FROM item)',
  '',
  ' ',
  '-- only a comment',
  ';',
  'KILL 4000000000',
  'RESIGNAL',
  'EXECUTE nobody',
  'DEALLOCATE PREPARE nobody',
  'SELECT @@nosuch',
  'RELEASE SAVEPOINT nosuch',
  "LOAD DATA INFILE '/nowhere' INTO TABLE plain",
  'DO 1',
  'DO 1/0',
  "DO CAST('z' AS SIGNED)",
  'EXPLAIN SELECT 1',
  'FLUSH TABLES',
  'SHOW GRANTS',
  'CHECK TABLE plain',
];

export const failure: Writer = (at) => {
  const text = at.random.pick(FAILURES);
  // MariaDB tells them in another order once it has been restarted.
  return text === 'SHOW GRANTS' && at.flavor === 'mariadb' ? [{ do: 'query', sql: text, volatile: true }] : one(text);
};

function changeUser(at: Circumstances): ReturnType<Writer> {
  const own = at.random.chance(0.6);
  at.forget();
  at.schema = 'own';
  return [{ do: 'change-user', user: own ? userOf(at.lane) : otherUserOf(at.lane), schema: schemaOf(at.lane) }];
}

/**
 * Behind SET ROLE there is neither: rights of a role outlive COM_CHANGE_USER on MariaDB 10.11, and on MySQL 8.0.15 an account has lost its own after SET ROLE
 * NONE and COM_RESET_CONNECTION. The proxy copies neither of them on a new connection.
 */
const unlessRole =
  (writer: Writer): Writer =>
  (at) =>
    at.roleSet ? [{ do: 'ping' }] : writer(at);

/** Everything that is no COM_QUERY and no statement command. */
export const otherCommand: Writer = (at) =>
  at.random.weighted<Writer>([
    [3, () => [{ do: 'ping' }]],
    [2, () => [{ do: 'field-list', table: at.random.pick(['item', 'plain', 'missing', 'joined']), wild: at.random.pick(['', '%', 'n%']) }]],
    [
      2,
      unlessRole(() => {
        const { schema } = at;
        at.forget();
        at.schema = schema;
        return [{ do: 'reset-connection' }];
      }),
    ],
    [1.5, unlessRole(changeUser)],
    [1, () => [{ do: 'set-option', multi: at.random.chance(0.7) }]],
    [1, () => [{ do: 'init-db', schema: at.random.pick([schemaOf(at.lane), otherSchemaOf(at.lane)]) }]],
  ])(at);
