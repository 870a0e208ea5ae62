const CLAUSE = /\bcollate\b\s*['"`]?([a-z][a-z0-9_]*)/i;
const LONGEST_SET = 1024;

/**
 * The collation that `SET NAMES ... COLLATE ...` chose. No server reports it: the trackers name the three character sets only (MySQL 8.0.15,
 * MariaDB 10.11), and restoring those alone would bring back the character set's default collation. Ask for statements whose OK reported
 * `character_set_connection`. Undefined where the text names none.
 */
export function chosenCollation(sql: Buffer): string | undefined {
  if (sql.length > LONGEST_SET) return undefined;
  const collation = CLAUSE.exec(sql.toString('latin1'))?.[1]?.toLowerCase();
  return collation === 'default' ? undefined : collation;
}
