import t from 'tap';
import { Classifier } from '../../src/sql/classify.js';
import type { StatementFacts } from '../../src/sql/facts.js';
import { callGroups, KNOWN_CALLS } from '../../src/sql/known-calls.js';
import { FLAVORS, type Flavor, type Server, serverUnavailable, startReplication } from '../servers/servers.js';
import { type Case, DIALECTS, readCases } from '../unit/sql/case-table.js';
import { DATABASE, type Result, resetSchema, SqlConnection } from './sql-connection.js';
import { checkTables, checkUserVariables } from './sql-names.js';

// What the classifier says about the statements of test/unit/sql/cases, checked by running them: the servers are the oracle.

const classifier = new Classifier();

const factsOf = (sql: string, flavor: Flavor): StatementFacts => classifier.classify(Buffer.from(sql), DIALECTS[flavor]);

function casesFor(flavor: Flavor): Case[] {
  return readCases().filter((one) => one.runs && one.flavors.includes(flavor) && !one.file.startsWith('unsure'));
}

const failed = (results: readonly Result[]): Result | undefined => results.find((result) => result.error !== undefined);

/** Runs a text; undefined when the server closed the connection in answer. */
async function attempt(connection: SqlConnection, sql: string): Promise<Result[] | undefined> {
  return connection.run(sql).catch(() => undefined);
}

/** Every name that is called safe is resolved by the server itself: 1305 and 1630 mean it looked for a stored function. */
async function checkNames(t: Tap, server: Server, flavor: Flavor): Promise<void> {
  const connection = await SqlConnection.open(server, flavor, false);
  const groups = callGroups(DIALECTS[flavor]);
  const stored: string[] = [];
  for (const [name, call] of KNOWN_CALLS) {
    if ((call & groups) === 0) continue;
    const error = failed(await connection.run(`SELECT ${name}(1)`))?.error;
    if (error === 1305 || error === 1630) stored.push(name);
  }
  connection.end();
  t.same(stored, [], 'no safe name can be a stored function');
}

async function checkPureReads(t: Tap, replica: Server, flavor: Flavor): Promise<void> {
  let count = 0;
  for (const { sql, file, line } of casesFor(flavor)) {
    const facts = factsOf(sql, flavor);
    if (!facts.pureRead) continue;
    const connection = await SqlConnection.open(replica, flavor);
    await connection.run('SET SESSION TRANSACTION READ ONLY');
    const results = (await attempt(connection, sql)) ?? [];
    const error = failed(results);
    const where = `${file}:${line}: ${sql}`;
    if (error !== undefined || results.some(({ track }) => meaningful(track, facts).length > 0)) t.same(results, [], where);
    if (results.length !== facts.statements) t.equal(results.length, facts.statements, `number of results: ${where}`);
    if (await connection.inTransaction()) t.fail(`left a transaction open: ${where}`);
    connection.end();
    count++;
  }
  t.ok(count > 150, `${count} pure reads ran on a read-only replica and left nothing behind`);
}

/**
 * Trackers without those that say nothing: MariaDB names the schema it had left and returned to (information_schema, mysql), and both
 * servers report variables that held for the statement only.
 */
function meaningful(track: Result['track'], facts: StatementFacts): Result['track'] {
  const returned =
    track.some((item) => item.type === 'schema' && item.name === DATABASE) && !facts.effects.some(({ kind }) => kind === 'schema');
  const left = track.filter((item) => {
    if (item.type === 'schema') return !returned;
    return !facts.passingVariables || item.type !== 'system-variables';
  });
  return (returned || facts.passingVariables) && left.every((item) => item.type === 'state-change') ? [] : left;
}

/** Inside a transaction that has written a row: is the row there afterwards, is a transaction open? */
async function checkTransactionFacts(t: Tap, server: Server, flavor: Flavor): Promise<void> {
  const judge = await server.connect('admin');
  let count = 0;
  let dirty = true;
  for (const { sql, file, line } of casesFor(flavor)) {
    const facts = factsOf(sql, flavor);
    if (dirty) await resetSchema(server, flavor);
    dirty = facts.kind === 'ddl' || (facts.kind === 'write' && (facts.commits || facts.multi));
    const connection = await SqlConnection.open(server, flavor, false);
    // SET autocommit = 1 ends a transaction only where autocommit was 0.
    await connection.run(facts.setsAutocommit === 1 ? 'SET autocommit = 0' : 'BEGIN');
    await connection.run("PREPARE s FROM 'SELECT 1'; SET @text = 'SELECT 1'; INSERT INTO marker (n) VALUES (1); SAVEPOINT sp");
    const results = await attempt(connection, sql);
    if (results === undefined ? facts.releases : failed(results) === undefined) {
      const last = results?.at(-1);
      const open = results === undefined ? false : await connection.inTransaction();
      await judge.query('SET SESSION lock_wait_timeout = 5');
      const [rows] = await judge.query(`SELECT COUNT(*) AS n FROM ${DATABASE}.marker`);
      const kept = (rows as { n: number }[])[0]?.n !== 0;
      check(t, facts, { kept, open, autocommit: last?.autocommit ?? true }, `${flavor} ${file}:${line}: ${sql}`);
      count++;
    }
    if (results !== undefined) await connection.run('ROLLBACK').catch(() => undefined);
    connection.end();
    await judge.query(`DELETE FROM ${DATABASE}.marker`);
  }
  await judge.end();
  t.ok(count > 400, `${count} statements ran inside a transaction`);
}

function check(t: Tap, facts: StatementFacts, seen: { kept: boolean; open: boolean; autocommit: boolean }, where: string): void {
  if (facts.commits && !seen.kept) t.fail(`said to commit, did not: ${where}`);
  if (!facts.mayCommit && seen.kept) t.fail(`said not to commit, did: ${where}`);
  if (facts.begins && facts.statements === 1 && !seen.open) t.fail(`said to begin, did not: ${where}`);
  if ((facts.commits || facts.rollsBack) && facts.statements === 1 && !facts.begins && seen.open)
    t.fail(`said to end the transaction, did not: ${where}`);
  if (!facts.mayCommit && !facts.rollsBack && !seen.open) t.fail(`said to leave the transaction open, did not: ${where}`);
  if (facts.setsAutocommit !== undefined && seen.autocommit !== (facts.setsAutocommit === 1))
    t.fail(`autocommit is ${seen.autocommit}: ${where}`);
}

/** The trackers of a fresh connection against the named effects. */
async function checkEffects(t: Tap, server: Server, flavor: Flavor): Promise<void> {
  let count = 0;
  let dirty = true;
  for (const { sql, file, line } of casesFor(flavor)) {
    const facts = factsOf(sql, flavor);
    if (dirty) await resetSchema(server, flavor);
    dirty = facts.kind === 'ddl' || (facts.kind === 'write' && (facts.commits || facts.multi));
    const connection = await SqlConnection.open(server, flavor);
    await connection.run("PREPARE s FROM 'SELECT 1'; SET @text = 'SELECT 1'");
    if (facts.kind === 'write') await connection.run('DELETE FROM t');
    const results = await attempt(connection, sql);
    if (results !== undefined && failed(results) === undefined) {
      const where = `${flavor} ${file}:${line}: ${sql}`;
      compareEffects(t, facts, results, where);
      if (facts.kind !== 'call' && results.length !== facts.statements)
        t.fail(`${results.length} results, not ${facts.statements}: ${where}`);
      count++;
    }
    connection.end();
  }
  t.ok(count > 400, `${count} statements ran with all trackers armed`);
}

/** What the server calls the variables behind one assignment. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  names: [
    'character_set_client',
    'character_set_connection',
    'character_set_results',
    'collation_connection',
    'character_set_database',
    'collation_database',
  ],
  transaction: ['transaction_isolation', 'transaction_read_only', 'tx_isolation', 'tx_read_only'],
};

function compareEffects(t: Tap, facts: StatementFacts, results: readonly Result[], where: string): void {
  const track = results.flatMap((result) => meaningful(result.track, facts));
  const named = new Set<string>();
  for (const effect of facts.effects) {
    if (effect.kind === 'names') for (const name of ALIASES['names'] ?? []) named.add(name);
    if (effect.kind === 'system-variable') for (const name of ALIASES[effect.name] ?? [effect.name]) named.add(name);
    if (effect.kind === 'schema') for (const name of ['character_set_database', 'collation_database']) named.add(name);
  }
  const has = (kind: string): boolean => facts.effects.some((effect) => effect.kind === kind);
  for (const item of track) {
    if (item.type === 'schema' && !has('schema') && facts.kind !== 'ddl') t.fail(`changed the schema: ${where}`);
    if (item.type === 'system-variables' && !facts.mayChangeState) {
      const unnamed = item.variables.map(([name]) => name).filter((name) => name !== 'last_gtid' && !named.has(name));
      if (unnamed.length > 0) t.fail(`changed ${unnamed.join()}, which is not named: ${where}`);
    }
    if (
      item.type === 'state-change' &&
      item.changed &&
      facts.effects.length === 0 &&
      !facts.mayChangeState &&
      !(facts.kind === 'write' || facts.kind === 'ddl' || facts.commits)
    ) {
      t.fail(`changed state without a named effect: ${where}`);
    }
    if (item.type === 'transaction-state' && item.state.endsWith('L') !== has('lock-tables') && facts.kind !== 'call')
      t.fail(`table locks (${item.state}): ${where}`);
  }
  const assigned = facts.effects.filter(
    (effect) =>
      effect.kind === 'system-variable' &&
      effect.scope === 'session' &&
      effect.untracked !== true &&
      effect.name.includes('_') &&
      !facts.passingVariables,
  );
  const seen = new Set(track.flatMap((item) => (item.type === 'system-variables' ? item.variables.map(([name]) => name) : [])));
  for (const effect of assigned)
    if (effect.kind === 'system-variable' && !seen.has(effect.name)) t.fail(`no tracker for ${effect.name}: ${where}`);
}

type Tap = typeof t;

t.setTimeout(600_000);

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: facts as the server shows them`, { skip: reason ?? false, timeout: 600_000 }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const replica = set.replicas[0] as Server;
    await resetSchema(set.primary, flavor);
    await replica.sql('SELECT 1');
    await set.caughtUp();
    await t.test('names', (t) => checkNames(t as Tap, set.primary, flavor));
    await t.test('pure reads', (t) => checkPureReads(t as Tap, replica, flavor));
    await t.test('transactions', (t) => checkTransactionFacts(t as Tap, set.primary, flavor));
    await t.test('effects', (t) => checkEffects(t as Tap, set.primary, flavor));
    await t.test('names of tables and variables', async (t) => {
      await resetSchema(set.primary, flavor);
      const tables = await checkTables(set.primary, flavor, casesFor(flavor));
      t.same(tables.wrong, []);
      t.ok(tables.asked > 150, `${tables.asked} uses of tables are named`);
      if (flavor !== 'mariadb') return;
      await resetSchema(set.primary, flavor);
      const variables = await checkUserVariables(set.primary, casesFor(flavor));
      t.same(variables.wrong, []);
      t.ok(variables.asked > 80, `${variables.asked} statements with variables name all that they set`);
    });
  });
}
