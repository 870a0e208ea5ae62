import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import type { DigestBuilder } from './digest-builder.js';
import type { StatementFacts } from './facts.js';
import { serverEnd } from './server-end.js';
import { StatementScan } from './statement-scan.js';
import { readAll } from './statement-table.js';

/** Reads statements and says what they do. One per worker: it reuses its own objects, and keeps nothing of a text but names in `effects`. */
export class Classifier {
  readonly #scan = new StatementScan();

  /**
   * Facts about the statement(s) in `sql[start..end)`. One pass, never throws.
   * @param digest gathers the normalised text in the same pass when given
   */
  classify(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT, start = 0, end = sql.length, digest?: DigestBuilder): StatementFacts {
    const scan = this.#scan;
    digest?.open();
    scan.open(sql, dialect, start, serverEnd(sql, start, end), digest);
    readAll(scan);
    return scan.finish();
  }

  /** Facts about a statement of which only the beginning is here (its packet streams through): what has not been seen may be anything. */
  classifyBeginning(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT, start = 0, end = sql.length): StatementFacts {
    const scan = this.#scan;
    scan.open(sql, dialect, start, end, undefined);
    readAll(scan);
    scan.cut();
    return scan.finish();
  }
}

/** `Classifier.classify` for those who ask rarely. */
export function classify(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT, start = 0, end = sql.length): StatementFacts {
  return new Classifier().classify(sql, dialect, start, end);
}
