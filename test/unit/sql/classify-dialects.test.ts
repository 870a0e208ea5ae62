import t from 'tap';
import { Classifier } from '../../../src/sql/classify.js';
import { dialectOf, type SqlDialect } from '../../../src/sql/dialect.js';
import { factLine } from './fact-line.js';

const classifier = new Classifier();
const line = (sql: string | Buffer, dialect: SqlDialect): string =>
  factLine(classifier.classify(typeof sql === 'string' ? Buffer.from(sql) : sql, dialect));

/** `client` speaks `charset`; the server is a MySQL 8.0 with this sql_mode. */
const dialect = (mode: string | undefined, charset = 'utf8mb4'): SqlDialect => dialectOf('8.0.15', mode, charset);

const BROKEN = '!broken-text may-commit may-change';

/** sql_mode, text, facts. */
const MODES: readonly (readonly [string | undefined, string, string])[] = [
  ['', 'SELECT "a FOR UPDATE"', 'read pure'],
  ['ANSI_QUOTES', 'SELECT "a FOR UPDATE" FROM t', 'read pure'],
  ['ANSI_QUOTES', 'SELECT "f" (1)', 'read !unknown-function may-change'],
  ['', 'SELECT "a\\" FOR UPDATE -- "', 'read pure'],
  ['ANSI_QUOTES', 'SELECT "a\\" FOR UPDATE -- "', 'read !row-locks'],
  ['ANSI_QUOTES', "SELECT 'a\\' FOR UPDATE -- '", 'read pure'],
  ['NO_BACKSLASH_ESCAPES', "SELECT 'a\\' FOR UPDATE -- '", 'read !row-locks'],
  ['NO_BACKSLASH_ESCAPES', "SELECT 'C:\\', 'b'", 'read pure'],
  ['', "SELECT 'C:\\', 'b'", `read ${BROKEN}`],
  ['NO_BACKSLASH_ESCAPES', "SELECT 'a\\'; DELETE FROM t; -- '", 'read !not-a-read x3'],
  ['', "SELECT 'a\\'; DELETE FROM t; -- '", 'read pure'],
  ['NO_BACKSLASH_ESCAPES,ANSI_QUOTES', 'SELECT "a\\" INTO @x', 'read !into | @x=?'],
  [undefined, "SELECT 'a\\'b'", 'read !version-comment may-commit may-change'],
  [undefined, 'SELECT "a"', 'read !version-comment may-commit may-change'],
  [undefined, "SELECT 'a''b', `c`", 'read pure'],
  ['ANSI_QUOTES', 'SET @"x" = 1, "sql_mode" = 2', 'set !not-a-read | @x=1, session.sql_mode=2'],
  ['ORACLE', 'SELECT 1', 'read !oracle-mode may-commit may-change'],
  ['ORACLE', 'SELECT s.nextval', 'read !oracle-mode may-commit may-change'],
  // Blanks before a parenthesis.
  ['', 'SELECT COUNT (*) FROM t', 'read !unknown-function may-change'],
  ['IGNORE_SPACE', 'SELECT COUNT (*) FROM t', 'read pure'],
  ['ANSI', 'SELECT COUNT (*) FROM t', 'read pure'],
  [undefined, 'SELECT NOW\n()', 'read !unknown-function may-change'],
  ['IGNORE_SPACE', 'SELECT f (1)', 'read !unknown-function may-change'],
  ['', 'SELECT IF (1, ABS (2), CONCAT (3)) FROM t WHERE id IN (1)', 'read pure'],
];

t.test('sql_mode', (t) => {
  for (const [mode, sql, expected] of MODES) t.equal(line(sql, dialect(mode)), expected, `${mode}: ${sql}`);
  t.end();
});

/** In each of these sets the bytes are one character whose last byte looks like a backslash; in the others they are not. */
const HIDING: readonly (readonly [string, readonly number[]])[] = [
  ['gbk', [0xbf, 0x5c]],
  ['sjis', [0x83, 0x5c]],
  ['cp932', [0x95, 0x5c]],
  ['big5', [0xa5, 0x5c]],
  ['gb18030', [0xbf, 0x5c]],
];

const text = (before: string, bytes: readonly number[], behind: string): Buffer =>
  Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(behind)]);

t.test('characters that hide a backslash or a backtick', (t) => {
  for (const [charset, bytes] of HIDING) {
    // Read as one-byte characters the backslash escapes the quote, and the string goes on to the end.
    const hidden = text("SELECT '", bytes, "' FOR UPDATE -- '");
    t.equal(line(hidden, dialect('', charset)), 'read !row-locks', charset);
    for (const other of ['latin1', 'binary', 'ujis', 'euckr'])
      t.equal(line(hidden, dialect('', other)), 'read pure', `${charset} as ${other}`);
    const closed = text("SELECT '", bytes, "', 'x'");
    t.equal(line(closed, dialect('', charset)), 'read pure', charset);
    t.equal(line(closed, dialect('NO_BACKSLASH_ESCAPES', 'latin1')), 'read pure', 'no escapes, no question');
    t.equal(line(text('SELECT `', bytes, '` FROM t'), dialect('', charset)), 'read pure', `${charset}: in a quoted name`);
    t.equal(line(text('SELECT a', bytes, ' FROM t'), dialect('', charset)), 'read pure', `${charset}: in a plain name`);
    t.equal(line(text('SELECT @a', bytes, ' FROM t FOR UPDATE'), dialect('', charset)), 'read !row-locks <userVariables>', charset);
  }
  const backtick = text('SELECT `', [0xbf, 0x60], '` FROM t FOR UPDATE');
  t.equal(line(backtick, dialect('', 'gbk')), 'read !row-locks', 'gbk: a backtick as second byte ends no name');
  const half = text("SELECT '", [0xbf], "' FOR UPDATE");
  for (const [charset] of HIDING)
    t.equal(line(half, dialect('', charset)), 'read !row-locks', `${charset}: a first byte alone takes no quote`);
  t.end();
});

t.test('a SET changes how the server reads what follows it', (t) => {
  const unsure = 'set !not-a-read may-commit may-change x2';
  for (const [sql, expected] of [
    ["SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT 'a\\'", unsure],
    ['SET sql_mode = ANSI; SELECT "a"', unsure],
    ['SET sql_mode = @m; SELECT "a"', 'set !not-a-read <userVariables> may-commit may-change x2'],
    ['SET sql_mode = \'STRICT_ALL_TABLES\'; SELECT "a\\""', 'set !not-a-read x2'],
    ['SET GLOBAL sql_mode = \'ANSI\'; SELECT "a"', 'set !not-a-read x2'],
    ["SET sql_mode = 'ANSI'; SELECT 1", 'set !not-a-read x2'],
    ["SET NAMES gbk; SELECT 'ä'", unsure],
    ["SET NAMES gbk; SELECT 'a'", 'set !not-a-read x2'],
    ["SET NAMES utf8; SELECT 'ä'", 'set !not-a-read x2'],
    ["SET CHARACTER SET sjis; SELECT 'ä'", unsure],
    ["SET character_set_client = big5; SELECT 'ä'", unsure],
    ["SET character_set_results = big5; SELECT 'ä'", 'set !not-a-read x2'],
  ] as const)
    t.equal(line(sql, dialect('')).replace(/ \| .*/, ''), expected, sql);
  t.end();
});

t.test('bytes that are no UTF-8, from a client that speaks it', (t) => {
  const bad = [0xc3, 0x28, 0xff];
  const plain = dialect('');
  t.equal(line(text("SELECT '", bad, "'"), plain), 'read !broken-text');
  t.equal(line(text('SELECT "', bad, '"'), plain), 'read !broken-text');
  t.equal(line(text('SELECT `', bad, '`'), plain), 'read !broken-text');
  t.equal(line(text('SELECT a', [0xff], ''), plain), `read ${BROKEN}`, 'outside quotes the servers end the name there');
  t.equal(line(text('SELECT @a', [0xff], ''), plain), 'read !broken-text <userVariables> may-commit may-change');
  t.equal(line(text("SELECT _binary'", bad, "'"), plain), 'read pure', 'an introducer says what the bytes are');
  t.equal(line(text("INSERT INTO t (b) VALUES ('", bad, "')"), plain), 'write !not-a-read simple', 'a BLOB written by an old driver');
  t.equal(line(text("SELECT '", bad, "'"), dialect('', 'latin1')), 'read pure');
  t.equal(line(text('SELECT 1 /* ', bad, ' */'), plain), 'read pure', 'comments are nobody’s text');
  t.equal(line("SELECT 'äöü€😀', `ß`, ñ, @é", plain), 'read pure <userVariables>');
  t.equal(line(text("SELECT '", [0xed, 0xa0, 0x80], "'"), plain), 'read !broken-text', 'a surrogate is none');
  t.end();
});

t.test('safe functions', (t) => {
  const declared: SqlDialect = { ...dialect(''), safeFunctions: new Set(['f', 'shop.price']) };
  for (const [sql, expected] of [
    ['SELECT f(1)', 'read pure'],
    ['SELECT F (1), `f`(2)', 'read pure'],
    ['SELECT shop.price(1), Shop . `PRICE` (2)', 'read pure'],
    ['SELECT price(1)', 'read !unknown-function may-change'],
    ['SELECT other.price(1)', 'read !unknown-function may-change'],
    ['SELECT f(g(1))', 'read !unknown-function may-change'],
    ['INSERT INTO t (id) VALUES (f(1))', 'write !not-a-read simple'],
    ['SELECT f(@a := 1)', 'read !assigns-variable | @a=?'],
  ] as const)
    t.equal(line(sql, declared), expected, sql);
  t.end();
});
