/** One metric as the README lists it and as it is exposed. */
export interface MetricDeclaration {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/** Every metric there is. Names are a contract with dashboards and alerts; labels have few values, never a user or a statement. */
export const METRICS = {
  pointsman_build_info: { type: 'gauge', labels: ['version', 'node'], help: 'Always 1; the labels say what runs.' },
  pointsman_client_connections: {
    type: 'gauge',
    labels: ['state'],
    help: 'Logged-in clients: active (a statement runs), idle, held (its statement waits for a server).',
  },
  pointsman_client_connections_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Client connections by how their login ended: accepted, auth_failed, rejected (limits, bad handshake, time-out, shutdown).',
  },
  pointsman_client_tls_handshakes_total: {
    type: 'counter',
    labels: ['result'],
    help: 'TLS handshakes with clients: full, resumed (an earlier session, much cheaper), failed.',
  },
  pointsman_tls_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    labels: ['listener'],
    help: 'When the certificate that a listener shows expires, Unix time.',
  },
  pointsman_held_queries: { type: 'gauge', labels: [], help: 'Statements that wait for a server now.' },
  pointsman_queries_total: {
    type: 'counter',
    labels: ['backend', 'kind', 'result'],
    help: 'Statements answered by a server; kind is read, write, ddl, trx, set or other, result is ok or error.',
  },
  pointsman_query_duration_seconds: {
    type: 'histogram',
    labels: ['role', 'kind'],
    help: 'Time from sending a statement to a server to the end of its answer, by the role of the server.',
  },
  pointsman_bytes_total: {
    type: 'counter',
    labels: ['side', 'direction'],
    help: 'Bytes to (out) and from (in) clients and backends.',
  },
  pointsman_backend_up: { type: 'gauge', labels: ['backend'], help: '1 unless the state of the server is down.' },
  pointsman_backend_state: {
    type: 'gauge',
    labels: ['backend', 'state'],
    help: '1 for the state the server has, 0 for the others: online, suspect, down, draining, maintenance.',
  },
  pointsman_backend_role: {
    type: 'gauge',
    labels: ['backend', 'role'],
    help: '1 for the role the server has, 0 for the others: primary, replica, none.',
  },
  pointsman_backend_replication_lag_seconds: {
    type: 'gauge',
    labels: ['backend'],
    help: 'How far a replica is behind; missing where it is not known.',
  },
  pointsman_backend_connections: {
    type: 'gauge',
    labels: ['backend', 'role', 'state'],
    help: 'Connections to the server: used (it belongs to a session) or connecting.',
  },
  pointsman_backend_stalled_writes: {
    type: 'gauge',
    labels: ['backend'],
    help: 'Writes that wait while the server has answered none for 10 s: a full or slow disk, locks, semi-sync.',
  },
  pointsman_backend_connects_total: { type: 'counter', labels: ['backend'], help: 'Connections made to the server.' },
  pointsman_backend_connect_failures_total: {
    type: 'counter',
    labels: ['backend', 'kind'],
    help: 'Connections that could not be made: refused, timeout, reset, dns, tls, server-error, protocol, cancelled.',
  },
  pointsman_backend_errors_total: {
    type: 'counter',
    labels: ['backend', 'code'],
    help: 'Error packets of the server by error code; from the hundredth code on, other.',
  },
  pointsman_backend_bytes_total: { type: 'counter', labels: ['backend', 'direction'], help: 'Bytes to (out) and from (in) the server.' },
  pointsman_health_check_duration_seconds: {
    type: 'histogram',
    labels: ['backend'],
    help: 'Duration of health checks; of a failed one until its failure or time-out.',
  },
  pointsman_health_check_failures_total: { type: 'counter', labels: ['backend'], help: 'Health checks that failed.' },
  pointsman_cluster_has_primary: { type: 'gauge', labels: ['cluster'], help: '1 while the cluster has a server for writes.' },
  pointsman_cluster_paused: { type: 'gauge', labels: ['cluster'], help: '1 while an operator lets nothing new begin on the cluster.' },
  pointsman_cluster_epoch: { type: 'gauge', labels: ['cluster'], help: 'Rises by one each time another server becomes primary.' },
  pointsman_failovers_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Times a cluster lost its primary, or changed it, by how that ended: promotion, followed, switchover, aborted, recovery.',
  },
  pointsman_failover_duration_seconds: {
    type: 'histogram',
    labels: ['phase'],
    help: 'Phases of a failover: detect (from the first sign in traffic, where there was one, to being sure), wait (from there to a new primary).',
  },
  pointsman_session_migrations_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Sessions repointed to another server: moved, state-lost (error 9502 tells the client), failed, ended (client closed).',
  },
  pointsman_session_outcomes_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'What failovers did to sessions and statements; the words are those of the failover report.',
  },
  pointsman_replica_reads_total: {
    type: 'counter',
    labels: ['freshness'],
    help: 'Reads meant for a replica by how they came to see what their session must see: polled (known from the health checks), waited (a short wait at the replica), wait_failed (such a wait in vain), elsewhere (another replica had it), primary (none had it).',
  },
  pointsman_retried_queries_total: {
    type: 'counter',
    labels: ['class'],
    help: 'Statements run once more: read (nothing of the answer had been forwarded), refused-write (its first server had refused it), guarded-write (its guard shows that it had not happened).',
  },
  pointsman_unknown_outcome_total: {
    type: 'counter',
    labels: ['kind'],
    help: 'Statements answered with 9501 because nobody can know whether they ran: write, commit, ddl, call, multi, load, other.',
  },
  pointsman_lost_statements_total: {
    type: 'counter',
    labels: ['class'],
    help: 'Statements under way when their server was lost or refused them as read-only, by what was known of them: not-sent, sent-read, refused, sent-write, commit-sent.',
  },
  pointsman_transaction_replays_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Open transactions lost with their server: replayed elsewhere, or why not (then the client got 1213): off, memory, not-replayable, second-loss, differs, no-server, state, interrupted.',
  },
  pointsman_commit_guards_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Commits that commitGuard is for: guarded (a token went with it), unguarded (the token could not be written: no table, no right, read-only; a loss then means 9501).',
  },
  pointsman_rule_hits_total: {
    type: 'counter',
    labels: ['rule'],
    help: 'Statements that matched a rule, those of rules in dry run included.',
  },
  pointsman_rule_refusals_total: {
    type: 'counter',
    labels: ['rule', 'reason'],
    help: 'Statements that a rule kept from running to their end: denied (error 9505), limited (9506), timeout (3024).',
  },
  pointsman_config_reloads_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Times the configuration was read anew: applied, or refused because it was wrong (the one before stayed in force).',
  },
  pointsman_config_last_reload_successful: {
    type: 'gauge',
    labels: [],
    help: '1: the last reload was taken, or there was none; 0: it was refused.',
  },
  pointsman_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When a configuration was last taken, at the start or by a reload, Unix time.',
  },
  pointsman_processes: { type: 'gauge', labels: [], help: 'Processes of this Pointsman that live.' },
  pointsman_process_cpu_seconds_total: { type: 'counter', labels: [], help: 'CPU time of all processes, user and system.' },
  pointsman_process_resident_memory_bytes: { type: 'gauge', labels: [], help: 'Resident memory of all processes.' },
  pointsman_process_heap_used_bytes: { type: 'gauge', labels: [], help: 'Used JavaScript heap of all processes.' },
  pointsman_process_start_time_seconds: { type: 'gauge', labels: [], help: 'When Pointsman was started, Unix time.' },
  pointsman_event_loop_delay_seconds: {
    type: 'gauge',
    labels: ['quantile'],
    help: 'How late timers ran lately in the process where they ran latest: the median (0.5), 0.99 and worst (1).',
  },
  pointsman_gc_pauses_total: {
    type: 'counter',
    labels: ['kind'],
    help: 'Garbage collections of all processes: minor, major, incremental, weakcb.',
  },
  pointsman_gc_pause_seconds_total: {
    type: 'counter',
    labels: ['kind'],
    help: 'Time they took, during which that process did nothing else.',
  },
  pointsman_worker_client_connections: {
    type: 'gauge',
    labels: ['worker'],
    help: 'Logged-in clients of each process: workers by their number, and the supervisor, which serves them where it is the only one.',
  },
  pointsman_worker_cpu_seconds_total: { type: 'counter', labels: ['worker'], help: 'CPU time of each process that lives.' },
  pointsman_worker_resident_memory_bytes: { type: 'gauge', labels: ['worker'], help: 'Resident memory of each process.' },
  pointsman_worker_event_loop_delay_seconds: {
    type: 'gauge',
    labels: ['worker'],
    help: 'How late timers ran lately in each process, 99th percentile.',
  },
} as const satisfies Record<string, MetricDeclaration>;

export type MetricName = keyof typeof METRICS;
