import t from 'tap';
import { like } from '../../../src/admin/console/condition.js';
import type { ResultTable } from '../../../src/admin/console/result.js';
import { runSelect } from '../../../src/admin/console/select.js';
import { WordReader } from '../../../src/admin/console/words.js';

const TABLE: ResultTable = {
  columns: ['Name', 'lag', 'state'],
  rows: [
    ['db1', null, 'online'],
    ['db10', 3, 'online'],
    ['db2', 0.5, 'down'],
    ["it's", 10, 'Online'],
  ],
};

async function select(sql: string): Promise<readonly (readonly unknown[])[]> {
  const words = new WordReader(sql);
  words.expect('SELECT');
  return (await runSelect(words, async () => TABLE)).rows;
}

const names = async (rest: string): Promise<unknown[]> => (await select(`SELECT name FROM main.t ${rest}`)).map(([name]) => name);

t.test('WHERE, ORDER BY and LIMIT do what MySQL does', async (t) => {
  t.same(await names('WHERE lag > 2'), ['db10', "it's"], 'as numbers');
  t.same(await names("WHERE lag >= '0.5' AND NOT state = 'down'"), ['db10', "it's"]);
  t.same(await names("WHERE state = 'ONLINE'"), ['db1', 'db10', "it's"], 'case does not count');
  t.same(await names('WHERE lag IS NULL'), ['db1']);
  t.same(await names('WHERE lag IS NOT NULL AND lag < 5'), ['db10', 'db2']);
  t.same(await names("WHERE name LIKE 'db1%'"), ['db1', 'db10']);
  t.same(await names("WHERE name NOT LIKE 'db_'"), ['db10', "it's"]);
  t.same(await names("WHERE name IN ('db1', 'DB2')"), ['db1', 'db2']);
  t.same(await names('WHERE lag NOT IN (3, 10)'), ['db2'], 'NULL is in no list and out of none');
  t.same(await names('WHERE lag BETWEEN 1 AND 5'), ['db10']);
  t.same(await names("WHERE (state = 'down' OR lag = 10) AND lag <> 10"), ['db2']);
  t.same(await names("WHERE name = 'it''s' OR name = 'it\\'s'"), ["it's"]);
  t.same(await names('WHERE -1 < lag ORDER BY lag DESC'), ["it's", 'db10', 'db2']);
  t.same(await names('ORDER BY lag, name'), ['db1', 'db2', 'db10', "it's"], 'NULL first');
  t.same(await names('ORDER BY state DESC, 1 LIMIT 1, 2'), ['db10', "it's"]);
  t.same(await names('LIMIT 1 OFFSET 3;'), ["it's"]);
});

t.test('lists of columns', async (t) => {
  t.same(await select('SELECT * FROM t LIMIT 1'), [['db1', null, 'online']]);
  t.same(await select("SELECT 'x' AS a, t.lag AS behind, `state` FROM t WHERE lag = 3 ORDER BY behind"), [['x', 3, 'online']]);
  t.same(await select("SELECT COUNT(*) FROM t WHERE state = 'online'"), [[3]]);
});

t.test('what is not understood is said', async (t) => {
  await t.rejects(select('SELECT nothing FROM t'), /Unknown column 'nothing'; there are name, lag, state/);
  await t.rejects(select('SELECT name FROM t WHERE other = 1'), /Unknown column 'other'/);
  await t.rejects(select('SELECT MAX(lag) FROM t'), /MAX\(\) is not known here/);
  await t.rejects(select('SELECT name FROM t GROUP BY name'), /nothing more/);
  await t.rejects(select('SELECT name FROM t WHERE'), /ends too early/);
  await t.rejects(select('SELECT name FROM t LIMIT x'), /whole number/);
  await t.rejects(select('SELECT name FROM t extra words'), /too much here/);
  await t.rejects(select(`SELECT name FROM t WHERE ${'('.repeat(5000)}1${')'.repeat(5000)}`), /nested too deep/);
  await t.rejects(select(`SELECT name FROM t WHERE ${'NOT '.repeat(5000)}1`), /nested too deep/);
});

t.test('LIKE takes bounded time', async (t) => {
  const started = performance.now();
  t.equal(like('a'.repeat(20_000), `${'%a'.repeat(200)}b`), 0);
  t.ok(performance.now() - started < 5_000);
  t.equal(like('a%b', 'a\\%b'), 1);
  t.equal(like('axb', 'a\\%b'), 0);
  t.equal(like(null, '%'), null);
});
