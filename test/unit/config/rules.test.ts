import t from 'tap';
import { errorsOf, load, minimal, warningsOf } from './load.js';

const rules = (...texts: string[]) => minimal(`"rules": [${texts.join(', ')}]`);
const rule = (match: string, action = '', more = '') => `{ "name": "r", "match": { ${match} }, "action": { ${action} }${more} }`;

t.test('a rule as it is written and as it is read', async (t) => {
  const text = rules(
    rule(
      '"user": "bi", "database": ["dw", "dm"], "client": "10.1.0.0/16", "kind": "read", "table": "dw.*", "pattern": "^SELECT (.*) FROM big"',
      '"route": "replica", "timeout": "2s", "rewrite": "SELECT $1 FROM small", "rateLimit": { "statements": 5 }',
      ', "dryRun": true',
    ),
  );
  const [read] = load(text).rules;
  t.same(read?.match.user, ['bi']);
  t.same(read?.match.database, ['dw', 'dm']);
  t.same(read?.match.client, [{ address: '10.1.0.0', prefix: 16, family: 'ipv4' }]);
  t.equal(read?.action.timeoutMs, 2000);
  t.same(read?.action.rateLimit, { statements: 5, everyMs: 1000, burst: undefined, per: 'all' });
  t.equal(read?.dryRun, true);
  t.equal(read?.continue, false);
  t.same(warningsOf(text), []);
});

t.test('what is wrong is said with its place', async (t) => {
  t.match(errorsOf(rules(rule('"usr": "a"'))), [/^p\.json:1:\d+: rules\[0\]\.match\.usr: unknown key \(did you mean "user"\?\)/]);
  t.match(errorsOf(rules(rule('', '"cacheTtl": "5s"'))), [/rules\[0\]\.action\.cacheTtl: unknown key/]);
  t.match(errorsOf(rules(rule('"pattern": "a(?=b)"'))), [/^p\.json:1:\d+: rules\[0\]\.match\.pattern: at character 2: looking ahead/]);
  t.match(errorsOf(rules(rule('"pattern": "(a"'))), [/at character 1: this \( is never closed/]);
  t.match(errorsOf(rules(rule('"client": "10.1.0.0/40"'))), [/rules\[0\]\.match\.client: what follows \/ must be a number from 0 to 32/]);
  t.match(errorsOf(rules(rule('"client": ["10.1.0.0/16", "x"]'))), [/rules\[0\]\.match\.client\[1\]: this is not an address range/]);
  t.match(errorsOf(rules(rule('"kind": "reed"'))), [/rules\[0\]\.match\.kind: "reed" is not known here \(did you mean "read"\?\)/]);
  t.match(errorsOf(rules(rule('"listener": "primry"'))), [
    /rules\[0\]\.match\.listener: there is no listener "primry" \(did you mean "primary"\?\)/,
  ]);
  t.match(errorsOf(rules(rule('', '"backend": "10.0.0.1:3307"'))), [
    /rules\[0\]\.action\.backend: there is no backend "10\.0\.0\.1:3307" \(did you mean/,
  ]);
  t.match(errorsOf(rules(rule('', '"cluster": "mian"'))), [
    /rules\[0\]\.action\.cluster: there is no cluster "mian" \(did you mean "main"\?\)/,
  ]);
  t.match(errorsOf(rules(rule('"table": "a.b.c"'))), [/rules\[0\]\.match\.table: .*write a table as name/]);
  t.match(errorsOf(rules(rule('"digest": "zz"'))), [/rules\[0\]\.match\.digest: .*hexadecimal/]);
  t.match(errorsOf(rules(rule('"user": []'))), [/rules\[0\]\.match\.user: at least one user is needed/]);
  t.match(errorsOf(rules('{ "match": {} }')), [/rules\[0\]\.name: missing/]);
  t.match(errorsOf(rules(rule(''), rule(''))), [/rules\[1\]\.name: rules\[0\] has this name already/]);
});

t.test('keys that need each other', async (t) => {
  t.match(errorsOf(rules(rule('', '"rewrite": "x"'))), [/rules\[0\]\.action\.rewrite: without match\.pattern/]);
  t.match(errorsOf(rules(rule('"pattern": "(a)"', '"rewrite": "$2"'))), [
    /rules\[0\]\.action\.rewrite: \$2 names a group that the pattern has not; it has 1/,
  ]);
  t.match(errorsOf(rules(rule('', '"sticky": true'))), [/rules\[0\]\.action\.sticky: there is no target/]);
  t.match(errorsOf(rules(rule('', '"backend": "10.0.0.1:3306", "route": "replica"'))), [/rules\[0\]\.action\.route: a backend is named/]);
  t.match(errorsOf(rules(rule('', '"deny": "no", "timeout": "1s"'))), [/rules\[0\]\.action\.deny: .* timeout would do nothing/]);
  t.match(warningsOf(rules(rule(''), '{ "name": "s" }')), [/rules\[1\]: never reached: rules\[0\] matches every statement/]);
  const users = '"auth": { "mode": "configured" }, "users": [{ "name": "app", "password": "x" }]';
  t.match(errorsOf(minimal(`${users}, "rules": [${rule('"user": "ap"')}]`)), [/there is no user "ap" \(did you mean "app"\?\)/]);
});
