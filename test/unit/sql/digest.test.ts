import fc from 'fast-check';
import t from 'tap';
import { Classifier } from '../../../src/sql/classify.js';
import { DEFAULT_DIALECT } from '../../../src/sql/dialect.js';
import { digest, digestOf } from '../../../src/sql/digest.js';
import { DigestBuilder, MAX_DIGEST_BYTES } from '../../../src/sql/digest-builder.js';
import { DigestCache } from '../../../src/sql/digest-cache.js';

const text = (sql: string): string => digest(Buffer.from(sql)).text;
const hash = (sql: string): string => digest(Buffer.from(sql)).hash;

/** Statements and their normalised text. */
const TEXTS: readonly (readonly [string, string])[] = [
  ['', ''],
  ['SELECT 1', 'select ?'],
  ['select  "a" ,\n\t1.5e3,x\'00\', NULL;', 'select ?, ?, ?, ?'],
  ["SELECT * FROM T WHERE a=1 AND b = 'x'", 'select * from t where a = ? and b = ?'],
  ['SELECT `a`.`B`, t . c FROM `odd name`', 'select a.b, t.c from `odd name`'],
  ['SELECT a FROM t WHERE id IN (1)', 'select a from t where id in (?+)'],
  ["SELECT a FROM t WHERE id IN (1, 2, -3, +4,'x', NULL, ?)", 'select a from t where id in (?+)'],
  ['SELECT a FROM t WHERE id IN (1, b)', 'select a from t where id in (?, b)'],
  ['SELECT a FROM t WHERE (a, b) IN ((1, 2), (3, 4))', 'select a from t where (a, b) in ((?+))'],
  ['INSERT INTO t (a, b) VALUES (1, 2)', 'insert into t(a, b) values (?+)'],
  ['INSERT INTO t(a,b) VALUES (1,2),(3,4) , ( 5, 6 )', 'insert into t(a, b) values (?+)'],
  ['INSERT INTO t VALUES (1, now()), (2, now())', 'insert into t values (?, now())'],
  ['INSERT INTO t VALUES (1, now()), (now(), 2)', 'insert into t values (?, now()), (now(), ?)'],
  ['SELECT f(1, 2), g()', 'select f(?, ?), g()'],
  ['SELECT COUNT( * ) FROM t', 'select count(*) from t'],
  ['SELECT a-1, -1, - 1, a - -1, (-1), 3*-2', 'select a - ?, ?, ?, a - ?, (?+), ? * ?'],
  [
    "SELECT a<=b, a>=b, a<>b, a!=b, a<=>b, a||b, a&&b, a->'$.x', a->>'$.x', a<<1",
    'select a <= b, a >= b, a <> b, a != b, a <=> b, a || b, a && b, a -> ?, a ->> ?, a << ?',
  ],
  ['SELECT a FROM t WHERE b IS NULL AND c = NULL AND d IS NOT TRUE', 'select a from t where b is null and c = ? and d is not true'],
  ['SELECT @x, @`Y z`, @@Session.sql_mode, @a := 1', 'select @x, @`y z`, @@session.sql_mode, @a := ?'],
  ['/* app:1 */ SELECT 1 -- end', 'select ?'],
  ['SELECT /*+ MAX_EXECUTION_TIME(5) */ 1', 'select ?'],
  ['SELECT /*! STRAIGHT_JOIN */ 1', 'select straight_join ?'],
  ["SELECT 1; SELECT 'a';", 'select ?; select ?'],
  ['SELECT a FROM t LIMIT 10 OFFSET 5', 'select a from t limit ? offset ?'],
  ['SELECT 1 FROM (SELECT 2) AS d', 'select ? from (select ?) as d'],
  ['CALL p(1, @x)', 'call p(?, @x)'],
  ["SET autocommit=1, NAMES 'utf8'", 'set autocommit = ?, names ?'],
  ['SELECT ((((1))))', 'select ((((?+))))'],
  ["SELECT _utf8'a', N'b', 'a' 'b'", 'select _utf8 ?, ?, ? ?'],
  ["SELECT 'unterminated", 'select ?'],
];

t.test('normalised text', (t) => {
  for (const [sql, expected] of TEXTS) t.equal(text(sql), expected, sql);
  t.end();
});

t.test('the hash is what its description says', (t) => {
  // Computed apart from the text, with the published test vectors of MurmurHash3 x86 32 (seed 0) in mind: '' is 0, "test" is 0xba6bd213.
  t.equal(hash('').slice(0, 8), '00000000');
  t.equal(hash('test').slice(0, 8), 'ba6bd213');
  t.match(hash('SELECT 1'), /^[0-9a-f]{16}$/);
  t.equal(hash('SELECT 1'), hash('select /* x */ 2;'));
  t.not(hash('SELECT 1'), hash('SELECT a'));
  t.end();
});

t.test('one pass with the classifier gives the same', (t) => {
  const builder = new DigestBuilder();
  const classifier = new Classifier();
  for (const [sql] of TEXTS) {
    classifier.classify(Buffer.from(sql), DEFAULT_DIALECT, 0, Buffer.byteLength(sql), builder);
    t.same(digestOf(builder), digest(Buffer.from(sql)), sql);
  }
  t.end();
});

t.test('bounded', (t) => {
  const long = digest(Buffer.from(`SELECT ${Array.from({ length: 5000 }, (_, index) => `column${index}`).join(', ')}`));
  t.equal(long.text.length, MAX_DIGEST_BYTES);
  const rows = `INSERT INTO t VALUES ${Array.from({ length: 100_000 }, (_, index) => `(${index}, 'x')`).join(', ')}`;
  t.equal(text(rows), 'insert into t values (?+)', 'many rows are short');
  t.equal(
    text(`SELECT ${'('.repeat(1000)}1${')'.repeat(1000)}`),
    `select ${'('.repeat(1000)}?${')'.repeat(1000)}`,
    'deeper than groups are followed',
  );
  t.end();
});

t.test('no two different texts met the same hash', (t) => {
  const seen = new Map<string, string>();
  for (let i = 0; i < 50_000; i++) {
    const one = digest(Buffer.from(`SELECT c${i % 977} FROM t${i} WHERE x${i % 13} = ${i}`));
    const other = seen.get(one.hash);
    if (other !== undefined && other !== one.text) t.fail(`${one.text} and ${other}`);
    seen.set(one.hash, one.text);
  }
  t.equal(seen.size, 50_000);
  t.end();
});

t.test('literals, comments and blanks do not count', (t) => {
  const literal = fc.oneof(
    fc.nat().map(String),
    fc.string().map((value) => `'${value.replaceAll(/[\\'\0]/g, '')}'`),
    fc.constantFrom('1.5', '0x1f', "x'00'", '?', "N'a'"),
  );
  const gap = fc.constantFrom(' ', '\n', '\t ', '/**/', ' /* x */ ', ' -- x\n', ' # x\n');
  fc.assert(
    fc.property(fc.array(literal, { minLength: 1, maxLength: 5 }), literal, gap, gap, (list, value, one, two) => {
      const sql = `SELECT${one}a${two}FROM${one}t${two}WHERE${two}a${one}IN${two}(${list.join(`${one},`)}${two})${one}AND b${two}=${one}${value}`;
      return text(sql) === 'select a from t where a in (?+) and b = ?';
    }),
  );
  t.end();
});

t.test('any bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { hash, text } = digest(Buffer.from(bytes));
      return /^[0-9a-f]{16}$/.test(hash) && Buffer.byteLength(text) <= MAX_DIGEST_BYTES * 3;
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test('the cache gives what is right, and holds no more than it should', (t) => {
  const cache = new DigestCache(100);
  t.equal(cache.capacity, 128);
  const builder = new DigestBuilder();
  const classifier = new Classifier();
  const cached = (sql: string) => {
    classifier.classify(Buffer.from(sql), DEFAULT_DIALECT, 0, Buffer.byteLength(sql), builder);
    return cache.digestOf(builder);
  };
  t.equal(cached('SELECT 1'), cached('select /* x */ 2'), 'one object');
  t.equal(cache.digest(Buffer.from('SELECT 3')), cached('SELECT 1'), 'read by the cache itself');
  for (const [sql] of TEXTS) t.same(cache.digest(Buffer.from(sql)), digest(Buffer.from(sql)), sql);
  const kept = new Set<unknown>();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 1000; i++) {
      const found = cached(`SELECT c${i} FROM t WHERE id = ${round}`);
      if (found.text !== `select c${i} from t where id = ?` || found.hash !== hash(`SELECT c${i} FROM t WHERE id = 0`))
        t.fail(`${i}: ${found.text}`);
    }
  }
  for (let i = 0; i < 1000; i++) kept.add(cached(`SELECT c${i % 10} FROM t`));
  t.equal(kept.size, 10, 'a few that come again and again are made once');
  t.end();
});
