import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import type { StatementFacts } from './facts.js';

const UNSURE: StatementFacts = {
  kind: 'other',
  statements: 1,
  multi: false,
  pureRead: false,
  notPureBecause: 'not-recognised',
  harmless: false,
  dependsOn: 0,
  usesUserVariables: false,
  dependsOnSession: false,
  simpleWrite: false,
  begins: false,
  readOnlyRequested: false,
  commits: false,
  mayCommit: true,
  rollsBack: false,
  setsAutocommit: undefined,
  releases: false,
  loadLocal: false,
  mayChangeState: true,
  effects: [],
};

/**
 * Facts about the statement(s) in `sql[start..end)`. Never throws, reads each byte a bounded number of times, keeps nothing of the text
 * but the names in `effects`. (First push: everything is unsure.)
 */
export function classify(_sql: Buffer, _dialect: SqlDialect = DEFAULT_DIALECT, _start = 0, _end = _sql.length): StatementFacts {
  return UNSURE;
}
