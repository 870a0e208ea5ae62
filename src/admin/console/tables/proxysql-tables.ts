import { backends, listAt, sessions } from '../api-shapes.js';
import { asValue, type ConsoleTable, listTable } from '../console-table.js';
import { metricSamples, sumWhere } from '../metric-samples.js';

const hostOf = (address: string): string => (address.startsWith('unix:') ? address.slice(5) : address.replace(/:\d+$/, ''));
const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1] ?? 0);
/** ProxySQL's words for our states. */
const STATUS: Readonly<Record<string, string>> = {
  online: 'ONLINE',
  suspect: 'SHUNNED',
  down: 'SHUNNED',
  draining: 'OFFLINE_SOFT',
  maintenance: 'OFFLINE_HARD',
};
const micros = (ms: unknown): number => Math.round(Number(ms ?? 0) * 1000);
const unixSeconds = (ms: unknown): number => Math.round(Number(ms ?? 0) / 1000);

const CONNECTION_POOL: ConsoleTable = {
  name: 'stats_mysql_connection_pool',
  about: "servers with their connections, in ProxySQL's columns",
  columns:
    'hostgroup srv_host srv_port status ConnUsed ConnFree ConnOK ConnERR MaxConnUsed Queries Queries_GTID_sync Bytes_data_sent Bytes_data_recv Latency_us'.split(
      ' ',
    ),
  async rows(desk) {
    const samples = await metricSamples(desk);
    return (await backends(desk)).map((one) => {
      const of = (name: string, more = {}): number => sumWhere(samples, `pointsman_${name}`, { backend: one.name, ...more });
      return [
        one.hostgroup,
        hostOf(one.address),
        portOf(one.address),
        STATUS[one.state] ?? one.state,
        one.connections,
        0,
        of('backend_connects_total'),
        of('backend_connect_failures_total'),
        null,
        of('queries_total'),
        null,
        of('backend_bytes_total', { direction: 'out' }),
        of('backend_bytes_total', { direction: 'in' }),
        micros(one.latencyMs),
      ];
    });
  },
};

const GLOBAL: ConsoleTable = {
  name: 'stats_mysql_global',
  about: 'totals by name',
  columns: ['Variable_Name', 'Variable_Value'],
  async rows(desk) {
    const samples = await metricSamples(desk);
    const { uptimeSeconds } = await desk.get('/api/v1/status');
    const of = (name: string, labels = {}): number => sumWhere(samples, `pointsman_${name}`, labels);
    return [
      ['ProxySQL_Uptime', asValue(uptimeSeconds)],
      ['Active_Transactions', (await sessions(desk)).filter(({ inTransaction }) => inTransaction).length],
      ['Client_Connections_connected', of('client_connections')],
      ['Client_Connections_created', of('client_connections_total')],
      [
        'Client_Connections_aborted',
        of('client_connections_total', { result: 'auth_failed' }) + of('client_connections_total', { result: 'rejected' }),
      ],
      ['Server_Connections_connected', of('backend_connections')],
      ['Server_Connections_created', of('backend_connects_total')],
      ['Server_Connections_aborted', of('backend_connect_failures_total')],
      ['Questions', of('queries_total')],
      ['Queries_frontends_bytes_recv', of('bytes_total', { side: 'client', direction: 'in' })],
      ['Queries_frontends_bytes_sent', of('bytes_total', { side: 'client', direction: 'out' })],
      ['Queries_backends_bytes_recv', of('bytes_total', { side: 'backend', direction: 'in' })],
      ['Queries_backends_bytes_sent', of('bytes_total', { side: 'backend', direction: 'out' })],
    ];
  },
};

const SERVER_FIELDS: Parameters<typeof listTable<Awaited<ReturnType<typeof backends>>[number]>>[3] = {
  hostgroup_id: (one) => one.hostgroup,
  hostname: (one) => hostOf(one.address),
  port: (one) => portOf(one.address),
  gtid_port: () => 0,
  status: (one) => STATUS[one.state] ?? one.state,
  weight: (one) => one.weight,
  compression: () => 0,
  max_connections: () => null,
  max_replication_lag: () => null,
  use_ssl: () => null,
  max_latency_ms: () => 0,
  comment: (one) => one.name,
};

/** Tables that ProxySQL's users type from habit, with its columns; what we do not have is NULL. */
export const PROXYSQL_TABLES: readonly ConsoleTable[] = [
  listTable('runtime_mysql_servers', 'servers, in the columns of ProxySQL', backends, SERVER_FIELDS),
  listTable('mysql_servers', 'the same', backends, SERVER_FIELDS),
  CONNECTION_POOL,
  listTable(
    'stats_mysql_query_digest',
    'statements by their shape, in the columns of ProxySQL',
    (desk) => listAt(desk, '/api/v1/digests', 'digests'),
    {
      hostgroup: () => null,
      schemaname: (one) => one['schema'],
      username: () => null,
      client_address: () => null,
      digest: (one) => `0x${String(one['hash']).toUpperCase()}`,
      digest_text: (one) => one['text'],
      count_star: (one) => one['count'],
      first_seen: (one) => unixSeconds(one['firstMs']),
      last_seen: (one) => unixSeconds(one['lastMs']),
      sum_time: (one) => micros(one['totalMs']),
      min_time: () => null,
      max_time: (one) => micros(one['maxMs']),
      sum_rows_affected: () => null,
      sum_rows_sent: (one) => one['rows'],
    },
  ),
  listTable('stats_mysql_processlist', 'sessions, in the columns of ProxySQL', sessions, {
    ThreadID: () => null,
    SessionID: (one) => one.id,
    user: (one) => one.user,
    db: (one) => one.schema,
    cli_host: (one) => one.client,
    cli_port: () => null,
    hostgroup: () => null,
    l_srv_host: () => null,
    l_srv_port: () => null,
    srv_host: (one) => one.backend,
    srv_port: () => null,
    command: (one) => one.phase,
    time_ms: () => null,
    info: () => null,
  }),
  listTable('stats_mysql_query_rules', 'hits of rules', (desk) => listAt(desk, '/api/v1/rules', 'rules'), {
    rule_id: (one) => one['name'],
    hits: (one) => one['hits'],
  }),
  GLOBAL,
];
