import { HEADER_SIZE } from '../../protocol/frame.js';
import { decodeOk } from '../../protocol/ok.js';
import { decodeTextRow } from '../../protocol/text-row.js';
import { DependsOn } from '../../sql/facts.js';
import type { Attachment } from '../attachment.js';
import { exchangeQuery } from '../exchange.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';

/** More warnings are not kept: `max_error_count` is 64 unless somebody has raised it. */
const MOST_WARNINGS = 1_000;

/** What a guarded write has left to be asked for, which the COMMIT behind it has taken away. */
export interface GuardedDiagnostics {
  readonly rowCount: bigint;
  readonly warnings: readonly (readonly [level: string, code: string, message: Buffer])[];
}

/** Asks for the warnings of a guarded write while they are there. False: the connection is lost. */
export async function noteWarnings(session: Session, { connection, cluster }: Attachment, answer: Buffer): Promise<boolean> {
  const { affectedRows: rowCount, warnings: count } = decodeOk(answer.subarray(HEADER_SIZE), session.identity.capabilities);
  const warnings: [string, string, Buffer][] = [];
  if (count > 0) {
    const end = await exchangeQuery(connection, `SHOW WARNINGS LIMIT ${MOST_WARNINGS}`, cluster.connectTimeoutMs);
    if (end.kind === 'lost') return false;
    for (const row of end.kind === 'ok' ? end.rows : []) {
      const [level, code, message] = decodeTextRow(row);
      if (level && code && message) warnings.push([level.toString('latin1'), code.toString('latin1'), Buffer.from(message)]);
    }
  }
  session.replies.guarded = { rowCount, warnings };
  return true;
}

/**
 * The text of a question about the last statement, which was a guarded write, with the answers put in its place; undefined: it asks
 * for something else.
 */
export function answeredText({ facts, sql }: Statement, { rowCount, warnings }: GuardedDiagnostics): string | undefined {
  if (sql === undefined || facts === undefined || (facts.dependsOn & (DependsOn.diagnostics | DependsOn.rowCount)) === 0) return undefined;
  const text = sql.toString('latin1');
  if (/^\s*show\s+warnings\s*;?\s*$/i.test(text)) return rowsOf(warnings);
  if (/^\s*show\s+errors\s*;?\s*$/i.test(text)) return rowsOf(warnings.filter(([level]) => level === 'Error'));
  // In a string or a name the words mean nothing; who has such a text beside a question gets the COMMIT's answer.
  if (/['"`]|--|#|\/\*/.test(text)) return undefined;
  const item = /^\s*select\s+(row_count\s*\(\s*\)|@@(?:session\.)?warning_count)\s*;?\s*$/i.exec(text);
  const values = (part: string) =>
    part
      .replaceAll(/\brow_count\s*\(\s*\)/gi, `CAST(${rowCount} AS SIGNED)`)
      .replaceAll(/@@(?:session\.)?warning_count\b/gi, `CAST(${warnings.length} AS SIGNED)`);
  if (item !== null) return `SELECT ${values(item[1] as string)} AS \`${item[1]}\``;
  const changed = values(text);
  return changed === text ? undefined : changed;
}

function rowsOf(warnings: GuardedDiagnostics['warnings']): string {
  const row = ([level, code, message]: GuardedDiagnostics['warnings'][number]) =>
    `SELECT '${level}' AS \`Level\`,${Number(code)} AS \`Code\`,CONVERT(0x${message.toString('hex') || '20'} USING utf8mb4) AS \`Message\``;
  if (warnings.length === 0) return `${row(['', '0', Buffer.alloc(0)])} FROM (SELECT 1) AS pointsman LIMIT 0`;
  return warnings.map(row).join(' UNION ALL ');
}
