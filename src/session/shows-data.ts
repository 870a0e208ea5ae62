import type { SqlDialect } from '../sql/dialect.js';
import { DependsOn } from '../sql/facts.js';
import { tablesNamed } from '../sql/tables-named.js';
import type { Statement } from './statement.js';
import { HARMLESS_COMMAND } from './statement.js';
import { textOf } from './statement-digest.js';

/** Answers that are about the connection or the server process, not about data. */
const ABOUT_SERVER = DependsOn.diagnostics | DependsOn.server | DependsOn.connection;

/**
 * Whether the answer of a statement may have shown its client data that others wrote, or have changed data. When in doubt, yes: then later reads
 * want a replica that has as much.
 * @param committed its answer named the GTID under which it is committed: that stands for all it did and saw
 */
export function showsData(statement: Statement, committed: boolean, dialect: SqlDialect): boolean {
  const facts = statement.facts ?? statement.prepared?.facts;
  // PING, INIT_DB, STMT_PREPARE ...
  if (facts === undefined || statement.traits === HARMLESS_COMMAND) return statement.traits !== HARMLESS_COMMAND;
  if (facts.multi || facts.mayChangeState) return true;
  switch (facts.kind) {
    case 'read':
      return facts.pureRead || namesTables(statement, (facts.dependsOn & ABOUT_SERVER) !== 0, dialect);
    case 'set':
      return namesTables(statement, false, dialect);
    case 'transaction':
      // COMMIT where transactions have no GTIDs. What was read before it was noted when it was read.
      return !committed && facts.commits && !facts.begins;
    case 'write':
    case 'ddl':
      return !committed;
    default:
      return true;
  }
}

/**
 * SELECT LAST_INSERT_ID(), SET x = 1: the usual statements between a write and a read that show no data.
 * @param aboutServer it asks for something of the server or the connection, as SHOW WARNINGS does; beside that it may name tables
 */
function namesTables(statement: Statement, aboutServer: boolean, dialect: SqlDialect): boolean {
  const text = textOf(statement);
  if (text === undefined || !dialect.modeKnown) return true;
  const first = FIRST_WORD.exec(text.toString('latin1', 0, 64))?.[1]?.toLowerCase();
  // SHOW TABLES, SHOW CREATE TABLE and their kin tell of the dictionary.
  if (first === 'show') return !aboutServer;
  return first !== undefined || tablesNamed(text, dialect).length > 0;
}

/** These may show data without a table's name that would be found. */
const FIRST_WORD = /^\s*\(*\s*(show|desc|explain|table|values|with)\b/i;
