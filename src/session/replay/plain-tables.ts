import type { BackendConnection } from '../../backend/dial-request.js';
import { exchangeQuery } from '../exchange.js';

/**
 * A write that was sent and never answered: in a table without transactions it may have stayed, whatever became of its transaction. So it is
 * sent again only where the account sees no such table (a trigger may write to another one than the statement names).
 */
const SQL =
  "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE NOT IN ('InnoDB', 'ROCKSDB', 'TokuDB', 'ndbcluster') " +
  "AND TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') LIMIT 1";

/** `none`: there is no such table. */
export async function plainTables(connection: BackendConnection, timeoutMs: number): Promise<'none' | 'some' | 'lost'> {
  const end = await exchangeQuery(connection, SQL, timeoutMs);
  if (end.kind === 'lost') return 'lost';
  return end.kind === 'ok' && end.rows.length === 0 ? 'none' : 'some';
}
