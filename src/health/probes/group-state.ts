import type { GroupState } from '../../topology/sample.js';
import type { ServerLink } from './server-link.js';

const STATS_SQL =
  'SELECT COUNT_TRANSACTIONS_REMOTE_IN_APPLIER_QUEUE AS queued FROM performance_schema.replication_group_member_stats WHERE MEMBER_ID = @@server_uuid';

/**
 * The group as this member sees it. `MEMBER_ROLE` came with 8.0.2: `SELECT *` also works before. Not seen on a real server.
 * https://dev.mysql.com/doc/refman/8.0/en/performance-schema-replication-group-members-table.html
 */
export async function askGroup(link: ServerLink, name: string, remainingMs: () => number): Promise<GroupState | undefined> {
  const rows = await link.query('SELECT * FROM performance_schema.replication_group_members', remainingMs());
  // The plugin lists the server itself as OFFLINE, without an id, while the group was never started.
  const members = rows
    .filter((row) => (row['MEMBER_ID'] ?? '') !== '')
    .map((row) => ({
      id: row['MEMBER_ID'] ?? '',
      host: row['MEMBER_HOST'] ?? '',
      port: Number(row['MEMBER_PORT'] ?? 0),
      state: row['MEMBER_STATE'] ?? '',
      role: row['MEMBER_ROLE'] ?? '',
    }));
  if (members.length === 0) return undefined;
  const [stats] = await link.query(STATS_SQL, remainingMs());
  const queued = stats?.['queued'];
  return { name, members, queued: queued === undefined || queued === null ? undefined : Number(queued) };
}
