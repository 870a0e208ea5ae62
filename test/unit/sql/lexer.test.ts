import t from 'tap';
import { DEFAULT_DIALECT, dialectOf, type SqlDialect, versionNumberOf } from '../../../src/sql/dialect.js';
import { Lexer } from '../../../src/sql/lexer.js';
import { Token } from '../../../src/sql/token.js';

const MYSQL = dialectOf('8.0.15', '', 'utf8mb4');
const MARIADB = dialectOf('5.5.5-10.11.6-MariaDB', '', 'utf8mb4');

const NAMES = new Map(Object.entries(Token).map(([name, kind]) => [kind, name]));

/** Tokens as `kind:text`, single bytes as themselves; `!` at the end when the text is broken, `?` when it depends on a version. */
function tokens(sql: string | Buffer, dialect: SqlDialect = MYSQL): string[] {
  const bytes = typeof sql === 'string' ? Buffer.from(sql) : sql;
  const lexer = new Lexer();
  lexer.open(bytes, dialect, 0, bytes.length);
  const found: string[] = [];
  while (lexer.next() !== Token.end) {
    const text = bytes.toString(dialect.charset === 'ascii-safe' ? 'utf8' : 'latin1', lexer.start, lexer.end);
    const name = NAMES.get(lexer.kind);
    found.push(name === undefined ? text : `${name === 'word' ? (lexer.word > 0 ? 'key' : 'word') : name}:${text}`);
  }
  if (lexer.broken) found.push('!');
  if (lexer.conditional) found.push('?');
  return found;
}

t.test('words and names', (t) => {
  t.same(tokens('SELECT a_$1 FROM tÄ'), ['key:SELECT', 'word:a_$1', 'key:FROM', 'word:tÄ']);
  t.same(tokens('for.update t . for `a``b`.x'), ['word:for', '.', 'word:update', 'word:t', '.', 'key:for', 'quoted:`a``b`', '.', 'word:x']);
  t.same(tokens('1a 1e 0x 0xg 0b2 a.1b a.1e5'), [
    'word:1a',
    'word:1e',
    'word:0x',
    'word:0xg',
    'word:0b2',
    'word:a',
    '.',
    'word:1b',
    'word:a',
    '.',
    'word:1e5',
  ]);
  t.end();
});

t.test('numbers', (t) => {
  for (const number of ['1', '1.', '.5', '1.5', '1e5', '1E-5', '1.5e+5', '.5e5', '0x1f', '0b01', "x'1F'", "X'1f'", "b'01'", "B'1'", '\\N'])
    t.same(tokens(number), [`number:${number}`], number);
  t.same(tokens('1e5FOR'), ['number:1e5', 'key:FOR']);
  t.same(tokens('1.FOR .5FOR'), ['number:1.', 'key:FOR', 'number:.5', 'key:FOR']);
  t.same(tokens('1e+ 1.5e+'), ['word:1e', '+', 'number:1.5', 'word:e', '+', '!']);
  t.same(tokens('0X1F'), ['word:0X1F'], 'only a small x makes a hex literal');
  t.end();
});

t.test('strings', (t) => {
  for (const string of ["'a'", '"a"', "'a''b'", '"a""b"', "'a\\'b'", "'\\\\'", "''", "N'a'", "n'a'", "'a\"b'"])
    t.same(tokens(string), [`string:${string}`], string);
  t.same(tokens("'a' 'b'"), ["string:'a'", "string:'b'"]);
  t.same(tokens("'a"), ["string:'a", '!']);
  t.same(tokens("'a\\"), ["string:'a\\", '!']);
  t.same(tokens("_utf8'a' N 'b' x 'c'"), ['word:_utf8', "string:'a'", 'word:N', "string:'b'", 'word:x', "string:'c'"]);
  const noEscapes = { ...MYSQL, noBackslashEscapes: true };
  t.same(tokens("'a\\'c'", noEscapes), ["string:'a\\'", 'word:c', "string:'", '!']);
  const ansi = { ...MYSQL, ansiQuotes: true };
  t.same(tokens(`"a""b" 'c' @"d\\"`, ansi), ['quoted:"a""b"', "string:'c'", 'userVariable:@"d\\"']);
  t.end();
});

t.test('an sql_mode that nobody knows', (t) => {
  const unknown = dialectOf('8.0.15', undefined, 'utf8mb4');
  for (const sql of ["'a\\'b'", '"a"', '@"a"']) t.equal(tokens(sql, unknown).at(-1), '?', sql);
  t.same(tokens("'a''b' `c\\` @'d'", unknown), ["string:'a''b'", 'quoted:`c\\`', "userVariable:@'d'"]);
  t.end();
});

t.test('variables', (t) => {
  t.same(tokens('@a @`a b` @\'c\' @"d" @ @a.b$_1'), [
    'userVariable:@a',
    'userVariable:@`a b`',
    "userVariable:@'c'",
    'userVariable:@"d"',
    'userVariable:@',
    'userVariable:@a.b$_1',
  ]);
  t.same(tokens('@@a @@session.b @@`c`'), ['systemVariable:@@a', 'systemVariable:@@session', '.', 'word:b', 'systemVariable:@@`c`']);
  t.same(tokens('@a:=1 : = ::='), ['userVariable:@a', 'assign::=', 'number:1', ':', '=', ':', 'assign::=']);
  t.same(tokens('@@'), ['systemVariable:@@', '!']);
  t.end();
});

t.test('comments', (t) => {
  t.same(tokens('a/* b */c -- d\ne --f # g\nh --'), ['word:a', 'word:c', 'word:e', '-', '-', 'word:f', 'word:h']);
  t.same(tokens('a --\tb'), ['word:a']);
  t.same(tokens('a --\u0001b'), ['word:a']);
  t.same(tokens('1--1'), ['number:1', '-', '-', 'number:1']);
  t.same(tokens('/*/ a */ b'), ['word:b']);
  t.same(tokens('/* /* */ b'), ['word:b']);
  t.same(tokens('a /* b'), ['word:a', '!']);
  t.same(tokens('a /*'), ['word:a', '!']);
  t.same(tokens('a */ b'), ['word:a', '*', '/', 'word:b']);
  t.same(tokens('a # b\0c'), ['word:a', '!'], 'a NUL ends a line comment, and everything else');
  t.same(tokens('a\0b'), ['word:a', '!']);
  t.end();
});

t.test('executable comments', (t) => {
  for (const dialect of [MYSQL, MARIADB]) {
    t.same(tokens('/*! a */ b', dialect), ['word:a', 'word:b']);
    t.same(tokens('/*!a/* c */d*/b', dialect), ['word:a', 'word:d', 'word:b']);
    t.same(tokens('/*!40101 a */', dialect), ['word:a']);
    t.same(tokens('/*!99999 a */ b', dialect), ['word:b']);
    t.same(tokens('/*!99999 a /* b */ c */ d', dialect), ['word:d']);
    t.same(tokens('/*!4010 a */', dialect), ['number:4010', 'word:a']);
    t.same(tokens('/*! a', dialect), ['word:a', '!']);
    t.same(tokens('/*! a ; b */', dialect), ['word:a', ';', 'word:b', '!'], 'the server ends the statement at the semicolon');
    t.same(tokens('/*! a * / */ b', dialect), ['word:a', '*', '/', 'word:b']);
  }
  t.same(tokens('/*!50701 a */ b', MYSQL), ['word:a', 'word:b']);
  t.same(tokens('/*!50701 a */ b', MARIADB), ['word:b']);
  t.same(tokens('/*!80016 a */ b', MYSQL), ['word:b']);
  t.same(tokens('/*!80015 a */ b', MYSQL), ['word:a', 'word:b']);
  t.same(tokens('/*!100100 a */ b', MARIADB), ['word:a', 'word:b']);
  t.same(tokens('/*!101200 a */ b', MARIADB), ['word:b']);
  t.same(tokens('/*M! a */ /*M!100100 b */ /*M!50701 c */ d', MARIADB), ['word:a', 'word:b', 'word:c', 'word:d']);
  t.same(tokens('/*M! a */ b', MYSQL), ['word:b']);
  t.same(tokens('/*!80015 a */', DEFAULT_DIALECT), ['word:a', '?']);
  t.same(tokens('/*M! a */', DEFAULT_DIALECT), ['word:a', '?']);
  t.same(tokens('/*!080015 a */', MYSQL), ['word:a', '?'], 'newer MySQL reads six digits');
  t.end();
});

t.test('character sets in which a byte of a character looks like a quote', (t) => {
  const character = { gbk: [0xbf, 0x5c], sjis: [0x83, 0x5c], big5: [0xa5, 0x5c], gb18030: [0xbf, 0x5c], cp932: [0x83, 0x5c] };
  for (const [name, bytes] of Object.entries(character)) {
    const sql = Buffer.concat([Buffer.from("'"), Buffer.from(bytes), Buffer.from("' ; x")]);
    t.same(tokens(sql, dialectOf('8.0.15', '', name)).slice(1), [';', 'word:x'], `${name}: the backslash belongs to the character`);
    t.same(tokens(sql, dialectOf('8.0.15', '', 'latin1')).length, 2, `${name} read as latin1: it does not`);
  }
  const backtick = Buffer.from([0x60, 0xbf, 0x60, 0x60, 0x20, 0x78]);
  t.same(tokens(backtick, dialectOf('8.0.15', '', 'gbk')).length, 2, 'a backtick as second byte ends no name');
  const four = Buffer.from([0x27, 0x81, 0x30, 0x81, 0x30, 0x27, 0x3b]);
  t.same(tokens(four, dialectOf('8.0.15', '', 'gb18030')).slice(1), [';']);
  t.same(tokens(Buffer.from([0x61, 0xbf, 0x5c, 0x20]), dialectOf('8.0.15', '', 'gbk')).length, 1, 'in a name too');
  t.equal(
    tokens(Buffer.from([0x61, 0xa0, 0x62]), dialectOf('8.0.15', '', 'latin1')).at(-1),
    '!',
    '0xA0 is a blank in latin1, so nothing is sure',
  );
  t.end();
});

t.test('dialects', (t) => {
  t.equal(versionNumberOf('5.5.5-10.11.6-MariaDB-log'), 101_106);
  t.equal(versionNumberOf('11.4.2-MariaDB'), 110_402);
  t.equal(versionNumberOf('8.0.15'), 80_015);
  t.equal(versionNumberOf('5.5.5'), 50_505);
  t.equal(versionNumberOf('nonsense'), 0);
  const dialect = dialectOf('8.0.34-log', 'REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ANSI', 'latin1');
  t.same([dialect.flavor, dialect.ansiQuotes, dialect.noBackslashEscapes, dialect.charset], ['mysql', true, false, 'single-byte']);
  t.same(
    [dialectOf('5.5.5-10.11.6-MariaDB', 'ORACLE', 'UTF8MB4').oracle, dialectOf(undefined, 'NO_BACKSLASH_ESCAPES', 'no_such').charset],
    [true, 'single-byte'],
  );
  t.end();
});
