import t from 'tap';
import { Command } from '../../../../src/protocol/commands.js';
import { insertToken, isTooOld, newGuard } from '../../../../src/session/guard/commit-guard.js';
import { answeredText } from '../../../../src/session/guard/guarded-diagnostics.js';
import { Statement, traitsOf } from '../../../../src/session/statement.js';
import { classify } from '../../../../src/sql/classify.js';
import { DEFAULT_DIALECT } from '../../../../src/sql/dialect.js';

function asked(sql: string, left: Parameters<typeof answeredText>[1]): string | undefined {
  const text = Buffer.from(sql);
  const facts = classify(text, DEFAULT_DIALECT);
  const statement = new Statement({ code: Command.QUERY } as never, traitsOf(facts), facts);
  statement.sql = text;
  return answeredText(statement, left);
}

t.test('questions about a guarded write are answered from what was kept of it', async (t) => {
  const left = { rowCount: 3n, warnings: [['Warning', '1264', Buffer.from("it's")]] as const };
  t.equal(asked('SELECT ROW_COUNT()', left), 'SELECT CAST(3 AS SIGNED) AS `ROW_COUNT()`');
  t.equal(asked('select row_count( ) ;', left), 'SELECT CAST(3 AS SIGNED) AS `row_count( )`');
  t.equal(asked('SELECT @@warning_count', left), 'SELECT CAST(1 AS SIGNED) AS `@@warning_count`');
  t.equal(asked('SELECT ROW_COUNT() + 1 AS n', left), 'SELECT CAST(3 AS SIGNED) + 1 AS n');
  t.equal(asked('SET @a = ROW_COUNT()', left), 'SET @a = CAST(3 AS SIGNED)');
  t.match(asked('SHOW WARNINGS', left), /^SELECT 'Warning' AS `Level`,1264 AS `Code`,CONVERT\(0x69742773 USING utf8mb4\) AS `Message`$/);
  t.match(asked('show errors', left), /LIMIT 0$/, 'no error is among them');
  t.equal(asked("SELECT 'row_count()', ROW_COUNT()", left), undefined, 'a text with a string is left alone');
  t.equal(asked('SELECT 1', left), undefined);
  t.equal(asked('SELECT id FROM row_counts', left), undefined);
});

t.test('a token', async (t) => {
  const [one, other] = [newGuard(1, true, 5_000), newGuard(1, false, 5_000)];
  t.match(one.token, /^[0-9a-f]{32}$/);
  t.not(one.token, other.token);
  t.equal(one.committing, false, 'COMMIT follows the answer');
  t.equal(other.committing, true, 'COMMIT is what is sent');
  t.equal(isTooOld(one, 5_000 + 1_800_000), false);
  t.equal(isTooOld(one, 5_001 + 1_800_000), true, 'it may have been pruned');
  t.equal(insertToken(one, 1_234_567), `INSERT INTO pointsman.commit_guard (token,made_at_s) VALUES (0x${one.token},1234)`);
});
