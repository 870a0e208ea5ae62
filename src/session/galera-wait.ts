import { decodeTextRow } from '../protocol/text-row.js';
import type { Attachment } from './attachment.js';
import { exchangeQuery } from './exchange.js';

/** A node that answers this much later than it was told to has hung. */
const HUNG_MS = 2_000;

/**
 * Waits until a Galera node shows everything that any node of its cluster had committed when this was asked: one causal read. The read that
 * follows on the same connection sees at least that. The node's own limit is `repl.causal_read_timeout` (30 s), then it answers 1205.
 */
export async function waitForCluster({ connection }: Attachment, budgetMs: number): Promise<'fresh' | 'late' | 'lost'> {
  const end = await exchangeQuery(connection, 'SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 0', budgetMs + HUNG_MS);
  if (end.kind === 'lost') return 'lost';
  const row = end.kind === 'ok' ? end.rows[0] : undefined;
  const value = row === undefined ? undefined : decodeTextRow(row)[0];
  // In the session's character set; UTF-16 has zero bytes.
  return value?.toString('latin1').replaceAll('\0', '') === '0' ? 'fresh' : 'late';
}
