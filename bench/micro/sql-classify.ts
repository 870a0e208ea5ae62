import { Classifier } from '../../src/sql/classify.js';
import { dialectOf } from '../../src/sql/dialect.js';
import { digestOf } from '../../src/sql/digest.js';
import { DigestBuilder } from '../../src/sql/digest-builder.js';
import { DigestCache } from '../../src/sql/digest-cache.js';
import { Lexer } from '../../src/sql/lexer.js';
import { Token } from '../../src/sql/token.js';

// node .build/bench/micro/sql-classify.js: CPU time per statement, best of several rounds (a shared machine only ever makes it worse).

const DIALECT = dialectOf('8.0.34', '', 'utf8mb4');

const POINT = 'SELECT c FROM sbtest1 WHERE id=5023 AND pad IN (1,2) LIMIT 1';
const JOIN =
  'SELECT o.id, o.total, c.name, c.email FROM orders o JOIN customers c ON c.id = o.customer_id ' +
  "WHERE o.status IN ('paid','shipped') AND o.created_at > '2024-01-01 00:00:00' AND c.country = 'DE' AND COALESCE(o.discount, 0) < 15 " +
  'GROUP BY o.id HAVING COUNT(*) > 2 ORDER BY o.created_at DESC LIMIT 50 OFFSET 100';
const ROWS = Array.from(
  { length: 38 },
  (_, i) => `(${i},${i * 7},'31451373586-15688153734-79729593694-96509299839','22195207048-70116052123')`,
);

const STATEMENTS = [POINT, JOIN, `INSERT INTO sbtest1 (id,k,c,pad) VALUES ${ROWS.join(',')}`].map((text) => Buffer.from(text));

function nanosecondsEach(work: () => number, count: number): number {
  const before = process.cpuUsage();
  let sum = 0;
  for (let i = 0; i < count; i++) sum += work();
  const { user, system } = process.cpuUsage(before);
  return sum < 0 ? 0 : ((user + system) * 1000) / count;
}

function best(work: () => number, bytes: number): number {
  const count = Math.ceil(20_000_000 / (bytes + 40));
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 9; round++) least = Math.min(least, nanosecondsEach(work, count));
  return Math.round(least);
}

const classifier = new Classifier();
const lexer = new Lexer();
const digest = new DigestBuilder();
const cache = new DigestCache();

function tokens(sql: Buffer): number {
  lexer.open(sql, DIALECT, 0, sql.length);
  let count = 0;
  while (lexer.next() !== Token.end) count++;
  return count;
}

for (const sql of STATEMENTS) {
  const lex = best(() => tokens(sql), sql.length);
  const classify = best(() => classifier.classify(sql, DIALECT).statements, sql.length);
  const both = best(() => {
    classifier.classify(sql, DIALECT, 0, sql.length, digest);
    return digest.hash().low;
  }, sql.length);
  // What each adds to the reading: two new strings, or the ones of before.
  const strings = best(() => digestOf(digest).text.length, sql.length);
  const cached = best(() => cache.digestOf(digest).text.length, sql.length);
  process.stdout.write(
    `${sql.length} B: tokens ${tokens(sql)}, lexer ${lex} ns, classify ${classify} ns, classify and digest ${both} ns, ` +
      `hash and text ${strings} ns, from the cache ${cached} ns\n`,
  );
}
