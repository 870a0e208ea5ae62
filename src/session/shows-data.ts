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
      return facts.pureRead || (facts.dependsOn & ABOUT_SERVER) === 0 ? namesTables(statement, facts.pureRead, dialect) : false;
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

/** SELECT LAST_INSERT_ID(), SET x = 1: the usual statements between a write and a read that show no data. */
function namesTables(statement: Statement, pureRead: boolean, dialect: SqlDialect): boolean {
  if (pureRead) return true;
  const text = textOf(statement);
  // SHOW TABLES, SHOW CREATE TABLE and their kin tell of the dictionary.
  if (text === undefined || !dialect.modeKnown || /^\s*\(*\s*(show|desc|explain|table|values|with)\b/i.test(text.toString('latin1', 0, 64)))
    return true;
  return tablesNamed(text, dialect).length > 0;
}
