import t from 'tap';
import { Classifier } from '../../../src/sql/classify.js';
import { DEFAULT_DIALECT, dialectOf } from '../../../src/sql/dialect.js';
import { commentsOf, commentTags, type Hints, hintsOf, textHints } from '../../../src/sql/hints.js';

function line(hints: Hints | undefined): string {
  if (hints === undefined) return '-';
  const { target, backend, consistency, unknown } = hints;
  return [target, backend && `backend=${backend}`, consistency && `consistency=${consistency}`, ...unknown.map((word) => `?${word}`)]
    .filter(Boolean)
    .join(' ');
}

const HINTS: readonly (readonly [string, string])[] = [
  ['SELECT 1', '-'],
  ['', '-'],
  ['/* pointsman: primary */ SELECT 1', 'primary'],
  ['/*pointsman:replica*/SELECT 1', 'replica'],
  ['/* Pointsman : REPLICA */ SELECT 1', 'replica'],
  ['SELECT /* pointsman: primary */ 1', 'primary'],
  ['SELECT 1 /* pointsman: primary */', 'primary'],
  ['SELECT 1 /* pointsman: primary */;', 'primary'],
  ['/* pointsman: route=primary */ SELECT 1', 'primary'],
  ['/* pointsman: backend=db2 */ SELECT 1', 'backend=db2'],
  ['/* pointsman: backend = 10.0.0.2:3306 */ SELECT 1', 'backend=10.0.0.2:3306'],
  ["/* pointsman: backend='db two', consistency=eventual */ SELECT 1", 'backend=db two consistency=eventual'],
  ['/* pointsman: backend="DB2" */ SELECT 1', 'backend=DB2'],
  ['/* pointsman: replica, consistency=eventual */ SELECT 1', 'replica consistency=eventual'],
  ['/* pointsman: replica; consistency=Session */ SELECT 1', 'replica consistency=session'],
  ['/* pointsman: consistency=global */ SELECT 1', 'consistency=global'],
  ['/* pointsman: replica */ /* pointsman: primary */ SELECT 1', 'primary'],
  ['/* pointsman: consistency=strong, replica, cache */ SELECT 1', 'replica ?consistency=strong ?cache'],
  ['/* pointsman: master */ SELECT 1', '?master'],
  ['/* pointsman: primary=yes */ SELECT 1', '?primary=yes'],
  ['/* pointsman: backend= */ SELECT 1', '?backend='],
  ['/* pointsman: backend */ SELECT 1', '?backend'],
  ['/* pointsman: a\u0001b */ SELECT 1', '?a?b'],
  ['/* pointsman: */ SELECT 1', ''],
  ['/* pointsman primary */ SELECT 1', '-'],
  ['/* by pointsman: primary */ SELECT 1', '-'],
  ['-- pointsman: replica\nSELECT 1', 'replica'],
  ['# pointsman: replica\nSELECT 1', 'replica'],
  ['SELECT 1 -- pointsman: replica', 'replica'],
  ['SELECT 1 --pointsman: replica', '-'],
  // What is no comment, or one of another kind.
  ["SELECT '/* pointsman: primary */'", '-'],
  ["SELECT '-- pointsman: primary'", '-'],
  ["SELECT 'it''s \\' /* pointsman: primary */' FROM t", '-'],
  ['SELECT `/* pointsman: primary */` FROM t', '-'],
  ['SELECT "\n-- pointsman: primary\n" FROM t', '-'],
  ['SELECT /*+ pointsman: primary */ 1', '-'],
  ['SELECT /*! pointsman: primary */ 1', '-'],
  ['SELECT /*!99999 pointsman: primary */ 1', '-'],
  ['SELECT /*M! pointsman: primary */ 1', '-'],
  ['/* /* pointsman: primary */ SELECT 1', '-'],
  // MaxScale
  ['SELECT * FROM t; -- maxscale route to master', 'primary'],
  ['SELECT * FROM t -- maxscale route to slave', 'replica'],
  ['SELECT * FROM t # MaxScale  route  to  SLAVE', 'replica'],
  ['/* maxscale route to server db2 */ SELECT 1', 'backend=db2'],
  ['/* maxscale route to last */ SELECT 1', '-'],
  ['/* maxscale max_slave_replication_lag=1 */ SELECT 1', '-'],
  ['-- maxscale h1 begin route to master\nSELECT 1', '-'],
  ['/* maxscale route to master */ /* pointsman: replica */ SELECT 1', 'replica'],
  ['/* maxscale route to master */ /* pointsman: consistency=eventual */ SELECT 1', 'primary consistency=eventual'],
  ['/* maxscale route to master */ /* pointsman: backend=b */ SELECT 1', 'backend=b'],
  // ProxySQL's: nothing of it maps.
  ['/* ;hostgroup=1 */ SELECT 1', '-'],
  ['/*;hostgroup=1;cache_ttl=100*/ SELECT 1', '-'],
  ['/* create_new_connection=1 */ SELECT 1', '-'],
];

t.test('hints in comments', (t) => {
  const classifier = new Classifier();
  const mariadb = dialectOf('10.11.6-MariaDB', '', 'utf8mb4');
  for (const [sql, expected] of HINTS) {
    const bytes = Buffer.from(sql);
    t.equal(line(textHints(bytes)), expected, sql);
    for (const dialect of [DEFAULT_DIALECT, mariadb])
      t.equal(line(hintsOf(bytes, classifier.classify(bytes, dialect).comments)), expected, `by its facts: ${sql}`);
  }
  const moved = Buffer.from('\x03/* pointsman: primary */ SELECT 1');
  t.equal(line(hintsOf(moved, classifier.classify(moved, DEFAULT_DIALECT, 1).comments)), 'primary', 'text inside a packet');
  t.end();
});

t.test('the first seven comments and the last one are known', (t) => {
  const comments = (count: number, hintAt: number): Buffer =>
    Buffer.from(`SELECT ${Array.from({ length: count }, (_, i) => (i === hintAt ? '/* pointsman: primary */' : '/* x */')).join('1,')} 1`);
  for (const hintAt of [0, 6, 99]) t.equal(line(textHints(comments(100, hintAt))), 'primary', `at ${hintAt}`);
  t.equal(line(textHints(comments(100, 50))), '-');
  t.equal(commentsOf(comments(100, 0))?.length, 8);
  t.end();
});

t.test('a hint that is too long is cut, not followed', (t) => {
  const long = textHints(Buffer.from(`/* pointsman: ${'x'.repeat(100_000)} */ SELECT 1`));
  t.equal(long?.unknown[0]?.length, 64);
  t.equal(textHints(Buffer.from(`/* pointsman: ${'x '.repeat(1000)} */ SELECT 1`))?.unknown.length, 8);
  t.end();
});

const TAGS: readonly (readonly [string, string, string])[] = [
  ['SELECT 1', '-', ''],
  ["SELECT 1 /*app='shop',route='x'*/", 'app=shop route=x', ''],
  ["/*app='shop',route='x'*/ SELECT 1", 'app=shop route=x', "app='shop',route='x'"],
  ["SELECT 1 /* app='shop' , route='%2Fusers%2F%3Fid' */", 'app=shop route=/users/?id', ''],
  ["SELECT 1 /*a='it\\'s',b='x,y=\\'z'*/", "a=it's b=x,y='z", ''],
  ["SELECT 1 /*a='50%',%62='1'*/", 'a=50% b=1', ''],
  ["SELECT 1 /*a='1',a='2'*/ /*a='3',c='4'*/", 'a=1 c=4', ''],
  ["SELECT 1 /*a='', b=''*/", 'a= b=', ''],
  ['/*application:Shop,controller:orders,action:index*/ SELECT 1', 'application=Shop controller=orders action=index', '*'],
  ['/* app=shop, team=cash */ SELECT 1', 'app=shop team=cash', '*'],
  ['/* see: http://example.org/x */ SELECT 1', '', '*'],
  ['/* nightly report */ SELECT 1', '', '*'],
  ["SELECT 1 /*broken, app='shop'*/", 'app=shop', ''],
  ["SELECT 1 /*app='shop',route='x*/", 'app=shop', ''],
  ["SELECT 1 /*traceparent='00-ab-cd-01' x, app='shop'*/", 'app=shop', ''],
  ["-- app='shop'\nSELECT 1", 'app=shop', "app='shop'"],
  ["SELECT 1 -- app='shop'", 'app=shop', ''],
  ['/* first */ /* second */ SELECT 1 /* third */', '', 'first'],
  ['/* pointsman:primary */ SELECT 1', '', 'pointsman:primary'],
  ["SELECT '/*app=shop*/'", '-', ''],
  ['SELECT /*+ app=shop */ 1', '-', ''],
  ["SELECT 1; /* x */ SELECT 2 /*app='shop'*/", 'app=shop', ''],
];

t.test('tags in comments', (t) => {
  for (const [sql, expected, leading] of TAGS) {
    const bytes = Buffer.from(sql);
    const found = commentTags(bytes, commentsOf(bytes));
    const text = found === undefined ? '-' : [...found.tags].map(([key, value]) => `${key}=${value}`).join(' ');
    t.equal(text, expected, sql);
    const whole = /^\/\*(.*?)\*\//.exec(sql)?.[1]?.trim();
    t.equal(found?.leading ?? '', leading === '*' ? whole : leading, `leading text: ${sql}`);
  }
  t.end();
});
