import { Classifier } from '../../src/sql/classify.js';
import { tablesNamed } from '../../src/sql/tables-named.js';
import type { Flavor, Server } from '../servers/servers.js';
import { type Case, DIALECTS } from '../unit/sql/case-table.js';
import { SqlConnection } from './sql-connection.js';

const classifier = new Classifier();

/** Tables and views of the schema that cases read and write. */
const TABLES: ReadonlySet<string> = new Set(['t', 'u', 'view_t', 'd_table', 'd_view']);

/** What was asked, and what was found wrong. */
export interface Names {
  readonly asked: number;
  readonly wrong: readonly string[];
}

/**
 * Under LOCK TABLES of something else a server names a table that the statement uses (error 1100); then that one is locked too, until all are.
 * Each must be among `tablesNamed`. Statements with functions of unknown body are left out: theirs are not in the text.
 */
export async function checkTables(server: Server, flavor: Flavor, cases: readonly Case[]): Promise<Names> {
  const wrong: string[] = [];
  let asked = 0;
  let connection = await SqlConnection.open(server, flavor, false);
  for (const { sql, file, line } of cases) {
    const facts = classifier.classify(Buffer.from(sql), DIALECTS[flavor]);
    if ((facts.kind !== 'read' && facts.kind !== 'write') || facts.multi || facts.mayChangeState || sql.startsWith('SHOW CREATE TRIGGER'))
      continue;
    const named = new Set(tablesNamed(Buffer.from(sql), DIALECTS[flavor]).map(({ name }) => name));
    const locked = ['marker'];
    for (;;) {
      await connection.run(`LOCK TABLES ${locked.map((name) => `${name} WRITE`).join(', ')}`);
      const results = await connection.run(sql).catch(() => []);
      const refused = results.find(({ error }) => error === 1100);
      const used = /^Table '([^']+)' was not locked/.exec(refused?.message ?? '')?.[1];
      if (used === undefined || !TABLES.has(used) || locked.includes(used)) break;
      asked++;
      if (!named.has(used)) wrong.push(`${flavor} ${file}:${line}: uses ${used}: ${sql}`);
      locked.push(used);
    }
    if ((await connection.run('UNLOCK TABLES').catch(() => [])).length === 0) connection = await SqlConnection.open(server, flavor, false);
  }
  connection.end();
  return { asked, wrong };
}

/** MariaDB lists the user variables of a session: each that a statement has made must be among its effects. */
export async function checkUserVariables(server: Server, cases: readonly Case[]): Promise<Names> {
  const wrong: string[] = [];
  let asked = 0;
  for (const { sql, file, line } of cases) {
    const facts = classifier.classify(Buffer.from(sql), DIALECTS.mariadb);
    if (!sql.includes('@') || facts.mayChangeState) continue;
    const connection = await SqlConnection.open(server, 'mariadb', false);
    await connection.run("PREPARE s FROM 'SELECT 1'");
    const results = await connection.run(sql).catch(() => []);
    if (results.length > 0 && results.every(({ error }) => error === undefined)) {
      asked++;
      const named = facts.effects.flatMap((effect) =>
        effect.kind === 'user-variable' ? [`'${effect.name.replaceAll(/['\\]/g, '_')}'`] : [],
      );
      // A write that reads a variable makes it, with NULL in it, which is what it was.
      const others = `SELECT 1 FROM information_schema.user_variables WHERE variable_value IS NOT NULL AND variable_name NOT IN (${["'-'", ...named].join()})`;
      // More than one row where one is asked for is an error, and errors are what this connection shows.
      const [shown] = await connection.run(`SELECT IF(EXISTS (${others}), (SELECT 1 UNION SELECT 2), 0)`);
      if (shown?.error !== undefined) wrong.push(`${file}:${line}: sets what it does not name: ${sql}`);
    }
    connection.end();
  }
  return { asked, wrong };
}
