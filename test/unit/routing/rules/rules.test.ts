import t from 'tap';
import { RateLimits } from '../../../../src/routing/rules/rate-limits.js';
import type { RuleSubject } from '../../../../src/routing/rules/rule.js';
import type { RuleAction, RuleMatch, RuleOptions } from '../../../../src/routing/rules/rule-options.js';
import { judge, RuleSet } from '../../../../src/routing/rules/rule-set.js';
import { StatementText } from '../../../../src/routing/rules/statement-text.js';
import { classify } from '../../../../src/sql/classify.js';
import { DEFAULT_DIALECT } from '../../../../src/sql/dialect.js';
import { digest } from '../../../../src/sql/digest.js';

function rule(name: string, match: RuleMatch, action: RuleAction = {}, more: Partial<RuleOptions> = {}): RuleOptions {
  return { name, match, action, continue: false, dryRun: false, ...more };
}

function subject(sql: string, more: Partial<RuleSubject> = {}): RuleSubject {
  const bytes = Buffer.from(sql);
  const text = new StatementText(bytes, classify(bytes), DEFAULT_DIALECT);
  return { database: 'shop', kind: 'other', text, attributes: () => new Map(), ...more };
}

const SESSION = { user: 'app', client: '10.0.0.7', listener: 'split', tls: false };

function matches(match: RuleMatch, sql: string, more: Partial<RuleSubject> = {}): boolean {
  return judge(new RuleSet([rule('r', match)]).concerning(SESSION), subject(sql, more)) !== undefined;
}

t.test('what stays the same for a session', async (t) => {
  const concerns = (match: RuleMatch) => new RuleSet([rule('r', match)]).concerning(SESSION).length === 1;
  t.ok(concerns({}));
  t.ok(concerns({ user: ['x', 'app'], listener: ['split'], tls: false, client: (address) => address.startsWith('10.') }));
  t.notOk(concerns({ user: ['App'] }));
  t.notOk(concerns({ listener: ['primary'] }));
  t.notOk(concerns({ tls: true }));
  t.notOk(concerns({ client: () => false }));
});

t.test('database and kind', async (t) => {
  t.ok(matches({ database: ['shop'] }, 'SELECT 1'));
  t.notOk(matches({ database: ['shop'] }, 'SELECT 1', { database: undefined }));
  t.ok(matches({ kind: ['read'] }, 'SELECT 1'));
  t.notOk(matches({ kind: ['write'] }, 'SELECT 1'));
  t.ok(matches({ kind: ['ddl'] }, '/* x */ DrOp TABLE t'));
  t.ok(matches({ kind: ['ddl'] }, '/*!50000 DROP */ TABLE t'));
  t.ok(matches({ kind: ['set'] }, '', { text: undefined as never, kind: 'set' }));
});

t.test('several statements in one text', async (t) => {
  t.ok(matches({ kind: ['read'] }, 'SELECT 1; SELECT 2;'));
  t.notOk(matches({ kind: ['read'] }, 'SELECT 1; DROP TABLE t'));
  t.ok(matches({ kind: ['ddl'] }, 'SELECT 1; DROP TABLE t'));
  t.ok(matches({ kind: ['write'] }, "SELECT ';'; DELETE FROM t; SELECT 1"));
  t.ok(matches({ kind: ['read', 'write'] }, 'SELECT 1; DELETE FROM t'));
});

t.test('tables', async (t) => {
  t.ok(matches({ table: ['orders'] }, 'SELECT * FROM a JOIN `Orders` o ON 1'));
  t.ok(matches({ table: ['shop.orders'] }, 'UPDATE orders SET x = 1'));
  t.ok(matches({ table: ['dw.*'] }, 'DELETE FROM DW.facts'));
  t.notOk(matches({ table: ['dw.orders'] }, 'SELECT * FROM orders'));
  t.notOk(matches({ table: ['dw.orders'] }, 'SELECT * FROM orders', { database: undefined }));
  t.notOk(matches({ table: ['orders'] }, "SELECT 'FROM orders'"));
  t.ok(matches({ table: ['secret'] }, 'SELECT 1; SELECT * FROM secret'));
});

t.test('digests, comments, attributes', async (t) => {
  const { hash } = digest(Buffer.from('SELECT * FROM t WHERE id = 1'));
  t.ok(matches({ digest: [`0x${hash.toUpperCase()}`] }, 'select  * from t where id=77'));
  t.notOk(matches({ digest: [hash] }, 'SELECT * FROM u WHERE id = 1'));
  t.ok(matches({ comment: ['app=shop'] }, "SELECT 1 /*app='shop',route='x'*/"));
  t.ok(matches({ comment: ['route'] }, "SELECT 1 /*app='shop',route='x'*/"));
  t.ok(matches({ comment: ['nightly report'] }, '/* nightly report */ SELECT 1'));
  t.notOk(matches({ comment: ['app=shop'] }, "SELECT '/*app=shop*/'"));
  const attributes = () => new Map([['tenant', 'acme']]);
  t.ok(matches({ attribute: ['tenant=acme'] }, 'SELECT 1', { attributes }));
  t.ok(matches({ attribute: ['tenant'] }, 'SELECT 1', { attributes }));
  t.notOk(matches({ attribute: ['tenant=other'] }, 'SELECT 1', { attributes }));
});

t.test('patterns see the statement from its first word to its end', async (t) => {
  t.ok(matches({ pattern: '^select .*\\sfrom big$' }, '  /* x */ -- y\n SELECT *\nFROM big ; '));
  t.notOk(matches({ pattern: '(?-i)^select' }, 'SELECT 1'));
  t.notOk(matches({ pattern: 'x' }, '/* x */ SELECT 1'));
  t.notOk(matches({ pattern: 'x' }, ''));
});

t.test('in order, with continue, dry runs and denials', async (t) => {
  const names = (options: RuleOptions[], sql = 'SELECT 1') =>
    judge(new RuleSet(options).concerning(SESSION), subject(sql))?.matched.map(({ name }) => name);
  t.same(names([rule('a', { kind: ['write'] }), rule('b', {}), rule('c', {})]), ['b']);
  t.same(names([rule('a', {}, {}, { continue: true }), rule('b', {}), rule('c', {})]), ['a', 'b']);
  t.same(names([rule('a', {}, { deny: 'no' }, { dryRun: true }), rule('b', {}), rule('c', {})]), ['a', 'b']);
  t.same(names([rule('a', {}, { deny: 'no' }, { continue: true }), rule('b', {})]), ['a']);
  t.equal(names([rule('a', { kind: ['write'] })]), undefined);
});

t.test('actions taken together', async (t) => {
  const ruling = (...options: RuleOptions[]) => {
    const found = judge(new RuleSet(options).concerning(SESSION), subject('SELECT 1'));
    if (found === undefined) throw new Error('no rule matches');
    return found;
  };
  const on = { continue: true };
  const both = ruling(
    rule('a', {}, { route: 'replica', cluster: 'x', timeoutMs: 1, delayMs: 5, log: true }, on),
    rule('b', {}, { route: 'primary', timeoutMs: 2, delayMs: 3 }, on),
    rule('c', {}, { deny: 'no' }, { ...on, dryRun: true }),
  );
  t.match(both, { route: 'primary', cluster: 'x', backend: undefined, timeoutMs: 2, delayMs: 5, logs: true, deniedBy: undefined });
  t.equal(both.targetBy?.name, 'b');
  t.equal(both.acting.length, 2);
  t.match(ruling(rule('a', {}, { route: 'replica' }, on), rule('b', {}, { backend: 'db2', cluster: 'x' })), {
    route: undefined,
    backend: 'db2',
  });
  t.match(ruling(rule('a', {}, { backend: 'db2' }, on), rule('b', {}, { route: 'replica' })), { route: 'replica', backend: undefined });
});

t.test('rewriting', async (t) => {
  const rewritten = (pattern: string, template: string, sql: string) => {
    const [compiled] = new RuleSet([rule('r', { pattern }, { rewrite: template })]).rules;
    return compiled?.rewrite?.apply(subject(sql).text as StatementText)?.toString();
  };
  t.equal(
    rewritten('^SELECT (.*) FROM big', 'SELECT $1 FROM small', '/* x */ SELECT a, b FROM big WHERE c = 1;'),
    '/* x */ SELECT a, b FROM small WHERE c = 1;',
  );
  t.equal(rewritten('(a)|(b)', '[$1$2$&$$]', 'SELECT b'), 'SELECT [bb$]');
  t.equal(rewritten('LIMIT (\\d+)$', 'LIMIT $10', 'SELECT 1 LIMIT 5'), 'SELECT 1 LIMIT 50');
  t.equal(rewritten("'é'", "'ü'", "SELECT 'é', '\u{1f600}'"), "SELECT 'ü', '\u{1f600}'");
  t.equal(rewritten('nothing', 'x', 'SELECT 1'), undefined);
});

t.test('rate limits', async (t) => {
  const limit = { statements: 10, everyMs: 1000, burst: 2, per: 'user' } as const;
  const limits = new RateLimits(new Map([['r', limit]]));
  t.equal(limits.take('r', 'a', 'x', 0), 0);
  t.equal(limits.take('r', 'a', 'x', 0), 0);
  t.equal(limits.take('r', 'a', 'x', 0), 100);
  t.equal(limits.take('r', 'b', 'x', 0), 0, 'another user has his own');
  t.equal(limits.take('r', 'a', 'x', 60), 40);
  t.equal(limits.take('r', 'a', 'x', 100), 0);
  let passed = 0;
  for (let atMs = 1000; atMs < 11_000; atMs += 1) if (limits.take('r', 'a', 'x', atMs) === 0) passed++;
  t.ok(passed >= 100 && passed <= 102, `${passed} in 10 s`);
  t.equal(limits.take('another', 'a', 'x', 0), 0, 'a rule without a limit');
  for (let n = 0; n < 30_000; n++) limits.take('r', `user${n}`, 'x', 20_000 + n);
  t.equal(limits.take('r', 'user29999', 'x', 50_000), 0);
});
