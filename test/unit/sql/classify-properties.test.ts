import fc from 'fast-check';
import t from 'tap';
import { Classifier } from '../../../src/sql/classify.js';
import { DEFAULT_DIALECT, dialectOf, type SqlDialect } from '../../../src/sql/dialect.js';
import { Lexer } from '../../../src/sql/lexer.js';
import { Token } from '../../../src/sql/token.js';
import { type CaseFlavor, DIALECTS, readCases } from './case-table.js';
import { factLine } from './fact-line.js';

const classifier = new Classifier();
const facts = (sql: string | Buffer, dialect: SqlDialect) => classifier.classify(typeof sql === 'string' ? Buffer.from(sql) : sql, dialect);

const CASES = readCases().flatMap(({ sql, flavors }) => flavors.map((flavor): [string, CaseFlavor] => [sql, flavor]));
/** Texts that can be read for sure: gaps and letter case of broken ones mean something else. */
const SOUND = CASES.filter(
  ([sql, flavor]) => facts(sql, DIALECTS[flavor]).notPureBecause !== 'broken-text' && !sql.includes('/*M!') && !sql.includes('/*!'),
);

const anyDialect = fc
  .record({
    version: fc.constantFrom(undefined, '8.0.15', '8.4.0', '5.5.5-10.11.6-MariaDB', '11.8.1-MariaDB'),
    mode: fc.constantFrom('', 'ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', 'ORACLE'),
    charset: fc.constantFrom('utf8mb4', 'latin1', 'gbk', 'sjis', 'big5', 'gb18030', 'ujis'),
    multi: fc.boolean(),
  })
  .map(({ version, mode, charset, multi }) => dialectOf(version, mode, charset, multi));

const WORDS = CASES.slice(0, 400).flatMap(([sql]) => sql.split(/\s+/));
const soup = fc.array(
  fc.oneof(
    fc.constantFrom(...WORDS),
    fc.constantFrom(
      "'",
      '"',
      '`',
      '(',
      ')',
      ';',
      '/*',
      '*/',
      '/*!',
      '/*!80099',
      '-- ',
      '#',
      '\n',
      '\\',
      '@',
      '@@',
      ':=',
      ',',
      '.',
      '\0',
      '\u00a0',
      'é',
    ),
  ),
  {
    maxLength: 40,
  },
);

t.test('any bytes give facts, and never good ones for text that is not whole', (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.tuple(soup, fc.constantFrom('', ' ')).map(([parts, glue]) => Buffer.from(parts.join(glue))),
  );
  fc.assert(
    fc.property(bytes, anyDialect, (sql, dialect) => {
      const found = facts(sql, dialect);
      return (
        found.statements >= 0 && (found.pureRead || found.notPureBecause !== undefined) && (!found.simpleWrite || found.statements === 1)
      );
    }),
    { numRuns: 3000 },
  );
  t.end();
});

/** The tokens of a text, and whether blanks or comments stood before each. */
function pieces(sql: string, dialect: SqlDialect): { text: string; apart: boolean }[] {
  const bytes = Buffer.from(sql);
  const lexer = new Lexer();
  lexer.open(bytes, dialect, 0, bytes.length);
  const found: { text: string; apart: boolean }[] = [];
  for (let end = 0; lexer.next() !== Token.end; end = lexer.end)
    found.push({ text: bytes.toString('utf8', lexer.start, lexer.end), apart: lexer.start > end });
  return found;
}

t.test('blanks and comments change nothing', (t) => {
  const gap = fc.constantFrom(
    ' ',
    '  ',
    '\n',
    '\t\r\n',
    '/**/',
    ' /* FOR UPDATE */ ',
    '/* a /* b */',
    ' -- x\n',
    '\n# ; INTO @x\n',
    '/*+ x */',
  );
  fc.assert(
    fc.property(fc.constantFrom(...SOUND), fc.array(gap, { minLength: 1, maxLength: 20 }), ([sql, flavor], gaps) => {
      const dialect = DIALECTS[flavor];
      const respaced = pieces(sql, dialect).map(
        ({ text, apart }, index) => (apart && index > 0 ? (gaps[index % gaps.length] ?? ' ') : '') + text,
      );
      // A hint with SET_VAR in it is the one comment that counts.
      if (sql.toUpperCase().includes('SET_VAR')) return true;
      return factLine(facts(respaced.join(''), dialect)) === factLine(facts(sql, dialect));
    }),
    { numRuns: 3000 },
  );
  t.end();
});

t.test('letter case of unquoted words changes nothing', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...SOUND), fc.infiniteStream(fc.boolean()), ([sql, flavor], upper) => {
      const dialect = DIALECTS[flavor];
      const bytes = Buffer.from(sql);
      const lexer = new Lexer();
      lexer.open(bytes, dialect, 0, bytes.length);
      const changed = Buffer.from(bytes);
      while (lexer.next() !== Token.end) {
        if (lexer.kind !== Token.word) continue;
        const text = bytes.toString('latin1', lexer.start, lexer.end);
        if (!/^[\w$]+$/.test(text)) continue;
        changed.write(upper.next().value === true ? text.toUpperCase() : text.toLowerCase(), lexer.start, 'latin1');
      }
      return factLine(facts(changed, dialect)).toLowerCase() === factLine(facts(bytes, dialect)).toLowerCase();
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test('what is only seen in part is never called better than the whole', (t) => {
  const case_ = fc.constantFrom(...CASES);
  fc.assert(
    fc.property(case_, case_, fc.nat(), fc.boolean(), ([first, flavor], [second], at, multi) => {
      const dialect = { ...DIALECTS[flavor], multiStatements: multi };
      const whole = Buffer.from(multi ? `${first};${second}` : first);
      const part = classifier.classifyBeginning(whole, dialect, 0, at % (whole.length + 1));
      const careful = !part.pureRead && !part.harmless && !part.simpleWrite && part.mayChangeState && part.notPureBecause === 'cut-text';
      const full = facts(whole, dialect);
      // Without the right to send several statements such a text is refused as a whole.
      return careful && (part.mayCommit || !full.mayCommit || (!multi && full.statements > 1));
    }),
    { numRuns: 5000 },
  );
  t.end();
});

t.test('several statements are as bad as the worst of them', (t) => {
  const sound = fc.constantFrom(...SOUND.filter(([sql, flavor]) => facts(sql, DIALECTS[flavor]).statements === 1 && !/--|#|\\$/.test(sql)));
  fc.assert(
    fc.property(sound, sound, ([first, flavor], [second]) => {
      const dialect = DIALECTS[flavor];
      const [one, two, both] = [facts(first, dialect), facts(second, dialect), facts(`${first.replace(/[; ]+$/, '')}; ${second}`, dialect)];
      if (two.statements !== 1) return true; // of the other flavor
      // Where the first changes how the second is read, the second may be anything.
      const rereads = both.notPureBecause === 'not-a-read' && both.mayChangeState && /sql_mode|names|char/i.test(first);
      return (
        both.statements === 2 &&
        both.multi &&
        !both.simpleWrite &&
        both.kind === one.kind &&
        both.pureRead === (one.pureRead && two.pureRead) &&
        both.harmless === (one.harmless && two.harmless) &&
        both.commits === (one.commits || two.commits) &&
        (rereads || both.mayCommit === (one.mayCommit || two.mayCommit)) &&
        both.rollsBack === (one.rollsBack || two.rollsBack) &&
        (rereads || both.mayChangeState === (one.mayChangeState || two.mayChangeState)) &&
        both.dependsOn === (one.dependsOn | two.dependsOn) &&
        both.effects.length === one.effects.length + two.effects.length
      );
    }),
    { numRuns: 5000 },
  );
  t.end();
});

t.test('a connection that may not send several statements', (t) => {
  const single = { ...DEFAULT_DIALECT, multiStatements: false };
  t.equal(facts('SELECT 1;', single).pureRead, true);
  t.equal(facts('SELECT 1; SELECT 2', single).pureRead, false, 'the server refuses it');
  t.equal(
    classifier.classifyBeginning(Buffer.from('INSERT INTO t VALUES (1'), single).mayCommit,
    false,
    'what follows belongs to the INSERT',
  );
  t.equal(classifier.classifyBeginning(Buffer.from('INSERT INTO t VALUES (1'), DEFAULT_DIALECT).mayCommit, true);
  t.end();
});

t.test('only a part of a buffer is read', (t) => {
  const buffer = Buffer.from('xxSELECT 1 FOR UPDATE; DROP TABLE t');
  t.equal(factLine(classifier.classify(buffer, DEFAULT_DIALECT, 2, 10)), 'read pure');
  t.equal(factLine(classifier.classify(buffer, DEFAULT_DIALECT, 2, 21)), 'read !row-locks');
  t.end();
});

t.test('stored functions that are declared safe', (t) => {
  const dialect = { ...DIALECTS.mysql, safeFunctions: new Set(['f', 'db.g']) };
  t.equal(facts('SELECT F(1), `f` (2), db.g(3), `DB` . `g`(4)', dialect).pureRead, true);
  for (const sql of ['SELECT g(1)', 'SELECT db.f(1)', 'SELECT other.g(1)'])
    t.equal(facts(sql, dialect).notPureBecause, 'unknown-function', sql);
  t.end();
});

t.test('huge and deep texts end', (t) => {
  const megabytes = 16 * 1024 * 1024;
  const filled = (pattern: string): Buffer => Buffer.alloc(megabytes, pattern);
  const shapes: [string, Buffer, string][] = [
    ['one string', Buffer.concat([Buffer.from("INSERT INTO t VALUES ('"), filled("a\\'"), Buffer.from("')")]), 'write'],
    ['open parentheses', Buffer.concat([Buffer.from('SELECT '), filled('(')]), 'read'],
    ['nested comments', Buffer.concat([Buffer.from('SELECT 1 '), filled('/*')]), 'read'],
    ['executable comments', Buffer.concat([Buffer.from('SELECT 1 '), filled('/*!99999 ')]), 'read'],
    ['WITH in WITH', Buffer.concat([Buffer.from('SELECT '), filled('(WITH a AS ')]), 'read'],
    ['statements', Buffer.concat([Buffer.from('SELECT 1'), filled(';SELECT 1 ')]), 'read'],
    ['names', filled('a'), 'other'],
  ];
  for (const [name, sql, kind] of shapes) t.equal(facts(sql, DIALECTS.mysql).kind, kind, name);
  t.end();
});
