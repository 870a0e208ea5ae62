import fc from 'fast-check';
import t from 'tap';
import { Classifier } from '../../../src/sql/classify.js';
import { dialectOf, type SqlDialect } from '../../../src/sql/dialect.js';
import { digest, digestOf } from '../../../src/sql/digest.js';
import { DigestBuilder, MAX_DIGEST_BYTES } from '../../../src/sql/digest-builder.js';
import { commentTags, hintsOf } from '../../../src/sql/hints.js';
import { tablesNamed } from '../../../src/sql/tables-named.js';

const MYSQL = dialectOf('8.0.15', '', 'utf8mb4');
const MARIADB = dialectOf('5.5.5-10.11.6-MariaDB', '', 'utf8mb4');
const GBK = dialectOf('8.0.15', '', 'gbk');

const classifier = new Classifier();
const builder = new DigestBuilder();

const all = (part: string | Buffer, bytes: number): Buffer => Buffer.alloc(bytes, part);

interface Shape {
  readonly name: string;
  /** Never a pure read. */
  readonly bad: boolean;
  readonly make: (bytes: number) => Buffer;
}

const shape = (name: string, before: string, part: string | Buffer, behind = '', bad = false): Shape => ({
  name,
  bad,
  make: (bytes) => Buffer.concat([Buffer.from(before), all(part, bytes), Buffer.from(behind)]),
});
const bad = (name: string, before: string, part: string | Buffer, behind = ''): Shape => shape(name, before, part, behind, true);

const SHAPES: readonly Shape[] = [
  bad('an unterminated string', "SELECT '", 'x'),
  bad('an unterminated string of escapes', "SELECT '", '\\'),
  bad('an unterminated string of quotes', "SELECT '", "''"),
  bad('an unterminated name', 'SELECT `', 'x'),
  bad('an unterminated name of backticks', 'SELECT `', '``'),
  bad('an unterminated comment', 'SELECT 1 /* ', 'x'),
  bad('an unterminated comment of beginnings', 'SELECT 1 /* ', '/* '),
  bad('an unterminated executable comment', 'SELECT 1 /*! ', '+ 1 '),
  bad('executable comments that never close', 'SELECT 1 ', '/*!50000 '),
  bad('skipped executable comments that never close', 'SELECT 1 ', '/*!99999 /* '),
  bad('an unterminated optimizer hint', 'SELECT /*+ ', 'SET_VA'),
  bad('a hexadecimal literal without end', "SELECT x'", 'ab'),
  bad('hexadecimal literals without end', 'SELECT ', "x'a "),
  bad('parentheses that never close', 'SELECT ', '('),
  bad('parentheses that close too often', 'SELECT 1', ')'),
  {
    name: 'balanced parentheses',
    bad: true,
    make: (n) => Buffer.concat([Buffer.from('SELECT '), all('(', n / 2), Buffer.from('1'), all(')', n / 2)]),
  },
  { name: 'balanced subqueries', bad: true, make: (n) => Buffer.concat([all('(SELECT ', n), Buffer.from('1'), all(')', n / 8)]) },
  bad('NUL bytes', 'SELECT ', '\0'),
  bad('NUL bytes between words', 'SELECT 1 ', 'a\0'),
  bad('control characters', 'SELECT 1 ', '\x01\x02'),
  bad('bytes that are no UTF-8', 'SELECT ', Buffer.from([0xff, 0x20])),
  bad('strings that are no UTF-8', 'SELECT 1', Buffer.from([0x2c, 0x27, 0xff, 0x27])),
  bad('a long string that is no UTF-8', "SELECT '", Buffer.from([0xc3, 0x28]), "'"),
  bad('semicolons', 'SELECT 1', ';', 'SELECT 1'),
  bad('at signs', 'SELECT ', '@'),
  bad('unknown words', 'frobnicate ', 'a '),
  shape('an IN list', 'SELECT a FROM t WHERE b IN (1', ',12345', ')'),
  shape('an IN list of strings', "SELECT a FROM t WHERE b IN ('a'", ",'it''s'", ')'),
  bad('rows', 'INSERT INTO t VALUES (1)', ",(1,'abc',NULL,now())"),
  bad('assignments', 'SELECT 1', ',@a:=1'),
  bad('SET items', 'SET @a=1', ',@a=@b+1'),
  bad('system variables', 'SELECT 1', ',@@session.warning_count'),
  shape('statements', '', 'SELECT 1;'),
  bad('locks', 'SELECT 1', ",GET_LOCK('a',1)"),
  bad('calls', 'SELECT 1', ',f(1)'),
  bad('nested calls', 'SELECT ', 'f('),
  shape('joins', 'SELECT 1 FROM t', ' JOIN u USING (id)'),
  shape('dots', 'SELECT a', '.a'),
  bad('WITH', '', 'WITH a AS ('),
  bad('CASE', 'CREATE PROCEDURE p() BEGIN ', 'CASE WHEN IF '),
  bad('blocks', 'CREATE PROCEDURE p() ', 'BEGIN '),
  bad('dropped tables', 'DROP TABLE a', ',`b`.c'),
  bad('renamed tables', 'RENAME TABLE a TO b', ',c TO d'),
  bad('locked tables', 'LOCK TABLES a READ', ',b AS c WRITE'),
  shape('comments', 'SELECT 1', '/* a */'),
  shape('line comments', 'SELECT 1', '-- a\n'),
  shape('a comment of tags', 'SELECT 1 /*', "a='b',", '*/'),
  shape('a comment of broken tags', 'SELECT 1 /*', "a='b", '*/'),
  shape('a long hint', 'SELECT 1 /* pointsman: ', 'replica, x=', '*/'),
  shape('blanks', 'SELECT', ' ', '1'),
  shape('signs', 'SELECT 1', '-', '1'),
  shape('numbers', 'SELECT 1', ' + 1e5 + .5'),
  shape('one long number', 'SELECT ', '1'),
  shape('one long name', 'SELECT ', 'a'),
  shape('one long name of high letters', 'SELECT ', 'é'),
];

const OPERATIONS: Readonly<Record<string, (sql: Buffer, dialect: SqlDialect) => unknown>> = {
  classify(sql, dialect) {
    const facts = classifier.classify(sql, dialect, 0, sql.length, builder);
    return digestOf(builder) && facts;
  },
  digest: (sql, dialect) => digest(sql, dialect),
  tables: (sql, dialect) => tablesNamed(sql, dialect),
  hints(sql, dialect) {
    const { comments } = classifier.classify(sql, dialect);
    return [hintsOf(sql, comments), commentTags(sql, comments)];
  },
};

/** CPU time in microseconds, the best of a few: others on the machine only make it worse. */
function cost(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

const SMALL = 16 * 1024;

t.test('four times the text takes not much more than four times as long', (t) => {
  for (const { name, make } of SHAPES) {
    const [small, large] = [make(SMALL), make(4 * SMALL)];
    for (const [operation, work] of Object.entries(OPERATIONS)) {
      const dialect = name.length % 2 === 0 ? MYSQL : MARIADB;
      // Quadratic work would take sixteen times as long; the constant covers a collection of garbage.
      const limit = 11 * cost(() => work(small, dialect)) + 5000;
      const taken = cost(() => work(large, dialect));
      if (taken > limit) t.fail(`${operation} of ${name}: ${taken} µs, more than ${limit}`);
    }
  }
  t.pass(`${SHAPES.length} shapes, ${Object.keys(OPERATIONS).length} readings each`);
  t.end();
});

t.test('what is bad is never a pure read, nor a write that is surely simple', (t) => {
  for (const { name, make, bad: isBad } of SHAPES) {
    for (const dialect of [MYSQL, MARIADB, GBK]) {
      const { pureRead } = classifier.classify(make(10_000), dialect);
      if (isBad && !(dialect === GBK && name.includes('UTF-8'))) t.notOk(pureRead, name);
    }
  }
  t.end();
});

t.test('texts of 16 MiB', (t) => {
  const names = ['an unterminated string', 'balanced parentheses', 'an IN list'];
  for (const one of SHAPES.filter(({ name }) => names.includes(name))) {
    const sql = one.make(16 * 1024 * 1024);
    const facts = classifier.classify(sql, MYSQL, 0, sql.length, builder);
    t.equal(facts.pureRead && one.bad, false, one.name);
    t.ok(digestOf(builder).text.length <= MAX_DIGEST_BYTES);
    hintsOf(sql, facts.comments);
  }
  t.end();
});

t.test('any bytes whatever are read by all of them, and cut texts are never pure', (t) => {
  const dialects = fc.constantFrom(MYSQL, MARIADB, GBK, dialectOf(undefined, undefined, 'sjis'), dialectOf('8.4.0', 'ANSI', 'latin1'));
  const pieces = fc.constantFrom(
    ...SHAPES.map(({ make }) => make(24)),
    Buffer.from("'"),
    Buffer.from('*/'),
    Buffer.from(')'),
    Buffer.from('`'),
  );
  const texts = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(pieces, { maxLength: 8 }).map((parts) => Buffer.concat(parts)),
  );
  fc.assert(
    fc.property(texts, dialects, (sql, dialect) => {
      for (const work of Object.values(OPERATIONS)) work(sql, dialect);
      return !classifier.classifyBeginning(sql, dialect).pureRead;
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(texts, dialects, (sql, dialect) => {
      // Behind a quote that nobody closes all is one string.
      const opened = Buffer.concat([Buffer.from("SELECT 'a"), Buffer.from(sql.filter((byte) => byte !== 0x27))]);
      return !classifier.classify(opened, dialect).pureRead;
    }),
    { numRuns: 1000 },
  );
  t.end();
});
