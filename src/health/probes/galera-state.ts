import type { GaleraState } from '../../topology/sample.js';
import type { Row, ServerLink } from './server-link.js';

const STATUS_SQL =
  "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_state_uuid', 'wsrep_cluster_status', 'wsrep_local_state', 'wsrep_local_state_comment', 'wsrep_ready', 'wsrep_incoming_addresses')";

/** Percona XtraDB Cluster alone has `pxc_maint_mode`, MariaDB alone `wsrep_reject_queries` with words (Percona has it too). */
const VARIABLES_SQL = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_reject_queries', 'pxc_maint_mode')";

/**
 * Lets this connection read what the node has, in whatever state it is: a node outside of the primary component answers SELECT with 1047,
 * one that waits for the others (`wsrep_sync_wait`) not at all.
 */
export async function readThroughGalera(link: ServerLink, timeoutMs: number): Promise<void> {
  await link.query('SET SESSION wsrep_dirty_reads = 1, SESSION wsrep_sync_wait = 0', timeoutMs);
}

/** What a node says of itself; SHOW works in every state. */
export async function askGalera(link: ServerLink, remainingMs: () => number): Promise<GaleraState> {
  const status = named(await link.query(STATUS_SQL, remainingMs()));
  const variables = named(await link.query(VARIABLES_SQL, remainingMs()));
  const value = (key: string) => status.get(key) ?? '';
  const set = (key: string, free: string) => (variables.get(key) ?? free).toUpperCase() !== free;
  return {
    clusterId: value('wsrep_cluster_state_uuid'),
    primaryComponent: value('wsrep_cluster_status').toLowerCase() === 'primary',
    state: Number(value('wsrep_local_state')) || 0,
    stateText: value('wsrep_local_state_comment'),
    ready: value('wsrep_ready').toUpperCase() === 'ON',
    rejects: set('wsrep_reject_queries', 'NONE') || set('pxc_maint_mode', 'DISABLED'),
    members: value('wsrep_incoming_addresses')
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '' && each !== 'AUTO'),
  };
}

function named(rows: readonly Row[]): ReadonlyMap<string, string> {
  return new Map(rows.map((row) => [row['Variable_name'] ?? '', row['Value'] ?? '']));
}
