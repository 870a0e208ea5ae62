import type { Flavor } from './snapshot.js';

/** State of the thread that receives from the source, in the servers' own words. `Connecting`: it has lost the source. */
export type ReceiverState = 'Yes' | 'Connecting' | 'No';

/** What a replica says about its replication (`SHOW REPLICA STATUS` / `SHOW SLAVE STATUS`, default channel). */
export interface ReplicaStatus {
  readonly sourceHost: string;
  readonly sourcePort: number;
  /** `Master_UUID` (MySQL) or `Master_Server_Id` as text (MariaDB); empty while the source was never reached. */
  readonly sourceId: string;
  readonly receiver: ReceiverState;
  readonly applier: boolean;
  readonly lagMs: number | undefined;
  /** GTIDs received so far: MySQL `Retrieved_Gtid_Set`, MariaDB `Gtid_IO_Pos`. */
  readonly received: string;
  /** Source log file and offset read so far; it moves with every event that arrives. */
  readonly readPosition: string;
  /** Source log file and offset up to which everything is applied, `binlog.000007:4711`; absent while unknown. */
  readonly appliedLog?: string;
  readonly receiverErrno: number;
  readonly receiverError: string;
  readonly applierError: string;
  /** The replica finds its place by GTID (auto position, `MASTER_USE_GTID`). */
  readonly usesGtid: boolean;
  /** Wilful delay (`MASTER_DELAY`) in ms. */
  readonly delayMs: number;
  readonly tls: boolean;
}

/** What a Galera node says about itself (`SHOW STATUS LIKE 'wsrep%'`). */
export interface GaleraState {
  /** `wsrep_cluster_state_uuid`: the same in all nodes of one cluster. */
  readonly clusterId: string;
  /** In the component that has the majority; else it answers everything with error 1047. */
  readonly primaryComponent: boolean;
  /** `wsrep_local_state`: 1 joining, 2 donor or desynced, 3 joined, 4 synced. */
  readonly state: number;
  readonly stateText: string;
  /** `wsrep_ready`. */
  readonly ready: boolean;
  /** Somebody keeps it from queries: `wsrep_reject_queries`, `pxc_maint_mode`. */
  readonly rejects: boolean;
  /** `wsrep_incoming_addresses`: where the nodes of its component take clients, `host:port`. */
  readonly members: readonly string[];
}

/** A line of `performance_schema.replication_group_members`. */
export interface GroupMember {
  /** Its `@@server_uuid`. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** ONLINE, RECOVERING, OFFLINE, ERROR or UNREACHABLE. */
  readonly state: string;
  /** PRIMARY or SECONDARY; empty where not known. */
  readonly role: string;
}

/** Group Replication as one member sees it. */
export interface GroupState {
  /** `group_replication_group_name`. */
  readonly name: string;
  readonly members: readonly GroupMember[];
  /** Transactions that this member has received and not applied yet. */
  readonly queued: number | undefined;
}

/** One successful look at a server. */
export interface ServerSample {
  /** Monotonic ms at which the look began: nothing in it is older. */
  readonly askedAtMs: number;
  readonly flavor: Flavor;
  /** `@@server_uuid` (MySQL) or `@@server_id` as text (MariaDB): what replicas call their source. */
  readonly id: string;
  /** Where the server says that replicas reach it (`report_host`), empty when unset. */
  readonly reportHost: string;
  readonly reportPort: number;
  readonly readOnly: boolean;
  /** MySQL `super_read_only`; always false on MariaDB, which has no such flag. */
  readonly superReadOnly: boolean;
  /** MySQL `gtid_executed`; MariaDB `gtid_binlog_state` and `gtid_slave_pos` joined. Empty without GTIDs. */
  readonly executed: string;
  /**
   * MySQL `gtid_owned` as a GTID set, asked for before `executed`: transactions that are being committed. The server shows them to readers
   * before it lists them in `gtid_executed`, how long before is up to its scheduler.
   */
  readonly owned?: string;
  /** MariaDB's `gtid_slave_pos`: last of each domain that replication has applied, and that readers see. */
  readonly slavePosition?: string;
  /** New transactions get GTIDs here: always on MariaDB, MySQL with `gtid_mode` ON or ON_PERMISSIVE. Absent: not asked. */
  readonly assignsGtids?: boolean;
  /** End of its own binary log, `binlog.000007:4711`; asked for only where transactions get no GTIDs. */
  readonly logEnd?: string;
  /** `@@global.max_allowed_packet`. */
  readonly maxPacketBytes?: number;
  /** `wait_timeout` and `interactive_timeout` for new connections. */
  readonly idleLimitMs?: number;
  readonly interactiveIdleLimitMs?: number;
  /** undefined: no source configured. `hidden`: the monitor account may not look. */
  readonly replica: ReplicaStatus | 'hidden' | undefined;
  /** Absent: no Galera node. */
  readonly galera?: GaleraState;
  /** Absent: no member of a replication group. */
  readonly group?: GroupState;
  /** Process start, in whole seconds of the server's own clock: constant for the life of the process even if its clock is moved. */
  readonly startedServerSeconds: number;
}

/** The replica status when it is visible. */
export function replicaOf(sample: ServerSample | undefined): ReplicaStatus | undefined {
  const replica = sample?.replica;
  return replica === 'hidden' ? undefined : replica;
}

/** Client errors that say "cannot reach the source", as against "may not log in". */
const networkErrnos = new Set([0, 2002, 2003, 2005, 2006, 2013, 2026, 2055]);

/** ER_ACCESS_DENIED_ERROR, ER_HOST_NOT_PRIVILEGED, no password (1698), expired and locked accounts of MySQL and MariaDB. */
const refusedErrnos = new Set([1045, 1130, 1698, 1820, 1862, 3118, 4151]);

/** True for a receiver's error number that tells that the source does not let it in. */
export function isRefusedLogin(errno: number): boolean {
  return refusedErrnos.has(errno);
}

/** True for a receiver's error number that tells of the network or a dead source, and for none. */
export function isNetworkError(errno: number): boolean {
  return networkErrnos.has(errno);
}
