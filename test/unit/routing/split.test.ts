import t from 'tap';
import { type SplitView, splitRoute } from '../../../src/routing/split.js';
import { classify } from '../../../src/sql/classify.js';

const RESTING: SplitView = { inTransaction: false, autocommit: true, nextTransaction: false };

const CASES: readonly (readonly [sql: string, route: string, view?: Partial<SplitView>])[] = [
  ['SELECT 1', 'replica'],
  ['(SELECT 1)', 'replica'],
  ['WITH a AS (SELECT 1) SELECT * FROM a', 'replica'],
  ['SHOW TABLES', 'replica'],
  ['SELECT @a', 'replica'],
  ['SELECT 1; SELECT 2', 'replica'],
  ['SELECT 1; DELETE FROM t', 'primary'],
  ['SELECT 1 FOR UPDATE', 'primary'],
  ['SELECT f(1)', 'primary'],
  ['SELECT GET_LOCK("a", 1)', 'primary'],
  ['SELECT @a := 1', 'primary'],
  ['SELECT LAST_INSERT_ID()', 'primary'],
  ['SELECT CONNECTION_ID()', 'primary'],
  ['SHOW STATUS', 'primary'],
  ['SET NAMES utf8mb4', 'primary'],
  ['INSERT INTO t VALUES (1)', 'primary'],
  ['CALL p()', 'primary'],
  ['BEGIN', 'primary'],
  ['START TRANSACTION READ ONLY', 'replica'],
  ['START TRANSACTION READ ONLY', 'primary', { nextTransaction: true }],
  ['START TRANSACTION READ ONLY; DELETE FROM t', 'primary'],
  ['SELECT ROW_COUNT()', 'stay'],
  ['SELECT FOUND_ROWS(), LAST_INSERT_ID()', 'stay'],
  ['SHOW WARNINGS', 'stay'],
  ['GET DIAGNOSTICS @n = NUMBER', 'stay'],
  ['SET @n = FOUND_ROWS()', 'stay'],
  ['SELECT ROW_COUNT() INTO @n', 'stay'],
  ['INSERT INTO t VALUES (ROW_COUNT())', 'primary'],
  ["SELECT ROW_COUNT() INTO OUTFILE '/tmp/x'", 'primary'],
  ['CALL p(FOUND_ROWS())', 'primary'],
  ['SELECT 1', 'primary', { autocommit: false }],
  ['SELECT ROW_COUNT()', 'stay', { autocommit: false }],
  ['SELECT 1', 'primary', { nextTransaction: true }],
  ['SELECT 1', 'stay', { inTransaction: true }],
  ['DELETE FROM t', 'stay', { inTransaction: true }],
  ["SELECT 'unterminated", 'primary'],
  ['', 'primary'],
];

t.test('the route of a statement', async (t) => {
  for (const [sql, route, view] of CASES) {
    const choice = splitRoute(classify(Buffer.from(sql)), { ...RESTING, ...view });
    t.equal(choice.route, route, `${sql} ${JSON.stringify(view ?? {})}: ${choice.reason}`);
    t.not(choice.reason, '');
  }
});

t.test('a text that is not here goes to the primary, or stays in its transaction', async (t) => {
  t.equal(splitRoute(undefined, RESTING).route, 'primary');
  t.equal(splitRoute(undefined, { ...RESTING, inTransaction: true }).route, 'stay');
});
