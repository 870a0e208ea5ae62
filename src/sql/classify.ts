import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import type { DigestBuilder } from './digest-builder.js';
import type { StatementFacts } from './facts.js';
import { StatementScan } from './statement-scan.js';
import { readAll } from './statement-table.js';

/**
 * Facts about the statement(s) in `sql[start..end)`. One pass, never throws, keeps nothing of the bytes but the names in `effects`.
 * @param digest gathers the normalised text in the same pass when given
 */
export function classify(
  sql: Uint8Array,
  dialect: SqlDialect = DEFAULT_DIALECT,
  start = 0,
  end = sql.length,
  digest?: DigestBuilder,
): StatementFacts {
  const scan = new StatementScan(sql, dialect, start, serverEnd(sql, start, end), digest);
  readAll(scan);
  return scan.finish();
}

/**
 * Facts about a statement of which only the beginning is here (a packet that streams through). What has not been seen may be anything.
 * Same arguments as `classify`.
 */
export function classifyBeginning(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT, start = 0, end = sql.length): StatementFacts {
  const scan = new StatementScan(sql, dialect, start, end, undefined);
  readAll(scan);
  scan.unsure('cut-text');
  return scan.finish();
}

/** The servers take blanks and `;` off the end before they read. */
function serverEnd(sql: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start) {
    const byte = sql[at - 1] as number;
    if (byte !== 59 && byte !== 32 && (byte < 9 || byte > 13)) break;
    at--;
  }
  return at;
}
