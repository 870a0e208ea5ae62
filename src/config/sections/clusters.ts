import { choice } from '../kinds/choice.js';
import { listOf, namedMap } from '../kinds/collection.js';
import { serverAddress } from '../kinds/endpoint.js';
import { flag } from '../kinds/flag.js';
import { duration, size } from '../kinds/quantity.js';
import { defaulted, optional, required, section } from '../kinds/section.js';
import { filePath, name, secret, text } from '../kinds/text.js';
import { wholeNumber } from '../kinds/whole-number.js';
import { coordinatorSection } from './coordinator.js';

/** One server; also written as just its address. */
export const backendSection = section(
  {
    name: optional(name(), 'Name in logs, metrics and commands; unique over all clusters.', {
      fallbackText: 'the address',
      example: 'db2',
    }),
    address: required(serverAddress(), 'Where the server listens.', { example: '10.0.0.2:3306' }),
    weight: defaulted(
      wholeNumber(0, 10_000),
      100,
      'Share of replica sessions relative to the other replicas; 0 takes none while another can.',
      {
        reloadable: true,
      },
    ),
    priority: defaulted(
      wholeNumber(0, 10_000),
      100,
      "Which of equal servers becomes primary: higher first, then one in the dead primary's `zone`, then by order in this list.",
      {
        reloadable: true,
      },
    ),
    zone: optional(
      text({ maxLength: 64 }),
      "Where the server stands, in your own words (a rack, a data centre). Proxies whose `process.zone` is the same read from it first; of equal servers one in the dead primary's zone is promoted.",
      {
        reloadable: true,
        fallbackText: 'no preference',
        example: 'a',
      },
    ),
    neverPromote: defaulted(flag(), false, 'Never make this server the primary.', { reloadable: true }),
    readDelayed: defaulted(
      flag(),
      false,
      'Serve reads from this replica also while it is delayed on purpose (`MASTER_DELAY`); `replicas.maxLag` then counts on top of that delay. Without it such a replica is never read. It is never promoted.',
    ),
    maxConnections: optional(wholeNumber(1, 1_000_000), 'Most connections this proxy opens to the server.', {
      reloadable: true,
      fallbackText: 'no limit',
      example: 500,
    }),
    proxyProtocol: optional(choice('off', 'v1', 'v2'), 'As `clusters.*.proxyProtocol`, for this server.', {
      fallbackText: 'as the cluster',
      example: 'v2',
    }),
  },
  'address',
);

const tlsSection = section({
  mode: defaulted(
    choice('off', 'mirror', 'prefer', 'require', 'verify-ca', 'verify-identity'),
    'mirror',
    'Encryption towards servers: never (`off`), as the client of the session has it (`mirror`), where the server offers it (`prefer`), always (`require`), and the certificate must be signed by one of `caFile` (`verify-ca`), and name the host as well (`verify-identity`).',
  ),
  caFile: optional(filePath(), 'Certificates that servers are checked against, PEM.', {
    reloadable: true,
    fallbackText: "Node's own list",
    example: '/etc/pointsman/tls/ca.pem',
  }),
  certFile: optional(filePath(), 'Certificate to show to servers, PEM.', { reloadable: true }),
  keyFile: optional(filePath(), 'Private key of `certFile`, PEM.', { reloadable: true }),
});

const monitorSection = section({
  user: defaulted(text({ maxLength: 80 }), 'pointsman', 'Account the health checks log in with.', { reloadable: true }),
  password: defaulted(secret(), '', 'Its password.', { reloadable: true, example: '${env:POINTSMAN_MONITOR_PASSWORD}' }),
  interval: defaulted(duration('20ms', '1h'), '500ms', 'Time between two checks of a server.', { reloadable: true }),
  timeout: defaulted(duration('20ms', '1m'), '500ms', 'A check without an answer for this long has failed.', { reloadable: true }),
  downAfter: defaulted(wholeNumber(1, 100), 2, 'Checks that must time out in a row before a server counts as down.', { reloadable: true }),
  upAfter: defaulted(wholeNumber(1, 100), 2, 'Checks that must succeed in a row before it is used again.', { reloadable: true }),
});

const failoverSection = section({
  mode: defaulted(
    choice('follow', 'promote'),
    'follow',
    'What happens when the primary is gone: wait for another tool to make a new one and follow it, or promote the most advanced replica.',
  ),
  replicationUser: optional(text({ maxLength: 80 }), 'Account that replicas log in to their source with; `promote` needs it.', {
    reloadable: true,
    example: 'repl',
  }),
  replicationPassword: optional(secret(), 'Its password.', {
    reloadable: true,
    fallbackText: 'that of `monitor`, if the accounts are the same',
    example: '${env:POINTSMAN_REPLICATION_PASSWORD}',
  }),
  onKnownLoss: defaulted(
    choice('report', 'wait', 'refuse'),
    'report',
    'What happens when the dead primary is known to have had transactions that no candidate has (its last look, and what clients were told is committed): promote and list them in the report; wait up to `catchUpTimeout` for its return first; or promote nobody until it returns or an operator says so (`pointsman failover --to NAME`).',
    { reloadable: true },
  ),
  catchUpTimeout: defaulted(
    duration('0s', '1h'),
    '30s',
    'How long a candidate may take to apply what it has received before it is promoted, and `onKnownLoss: wait` waits.',
    {
      reloadable: true,
    },
  ),
  fenceCommand: defaulted(
    listOf(text({ maxLength: 4096 }), 'word'),
    [],
    'Program and arguments, run (without a shell) for an old primary when another server is promoted in its place and when it is found writable later: to switch its host off or its port shut, say. In its environment: POINTSMAN_CLUSTER, POINTSMAN_BACKEND, POINTSMAN_HOST, POINTSMAN_PORT, POINTSMAN_PRIMARY (who is primary instead). Killed after 30 s; nothing waits for it, how it ended is in the report and the log.',
    { reloadable: true, example: ['/usr/local/bin/fence-host', '--off'] },
  ),
  rejoin: defaulted(flag(), true, 'Make a former primary that returns with nothing of its own a replica of the new one.', {
    reloadable: true,
  }),
  coordinator: defaulted(coordinatorSection, {}, 'Which of several proxies may promote.'),
});

const holdSection = section({
  timeout: defaulted(duration('0s', '1h'), '10s', 'How long a statement waits for a server before it gets error 9503.', {
    reloadable: true,
  }),
  maxStatements: defaulted(wholeNumber(0, 10_000_000), 10_000, 'Most statements that wait at once.', { reloadable: true }),
  maxBytes: defaulted(size('0B', '64GiB'), '64MiB', 'Most memory that waiting statements may take.', { reloadable: true }),
  drainPerSecond: defaulted(wholeNumber(1, 10_000_000), 2000, 'How many waiting statements are let go per second once there is a server.', {
    reloadable: true,
  }),
});

const transactionsSection = section({
  replay: defaulted(
    flag(),
    true,
    'Whether an open transaction whose server is lost is repeated on the new one, statement by statement, and goes on there if every answer is identical; else, and where it cannot be repeated, its client gets error 1213 (40001).',
  ),
  commitGuard: defaulted(
    flag(),
    false,
    'Whether each COMMIT, and each INSERT, UPDATE, DELETE and REPLACE with autocommit, takes a token with it that tells after the loss of its server whether it was committed: its client then gets OK or error 1213 (40001) instead of 9501. Costs a row in `pointsman.commit_guard` and two or three round trips for each; accounts need INSERT on that table (`pointsman grants`). Not for DDL, CALL, and tables without transactions. A rule may say otherwise.',
  ),
  memoryPerSession: defaulted(
    size('0B', '1GiB'),
    '1MiB',
    'Most memory that the statements of one open transaction may take; a larger one is not repeated.',
  ),
  memory: defaulted(size('0B', '64GiB'), '64MiB', 'The same for all sessions together.'),
});

/** Servers that hold the same data. */
export const clusterSection = section({
  topology: defaulted(
    choice('auto', 'replication', 'galera', 'group-replication', 'static'),
    'auto',
    'How the servers hang together: primary and replicas (`replication`), Galera nodes of which one takes the writes (`galera`), MySQL Group Replication (`group-replication`), or servers that something else keeps equal, of which one at a time is used, by priority, then order (`static`). `auto` finds out by asking them, and `status` says what it found; `static` cannot be found out.',
  ),
  static: defaulted(
    section({
      failBack: defaulted(
        flag(),
        false,
        'Whether a preferred server that is back takes over again at once; else the one that took over keeps the role until it fails.',
      ),
    }),
    {},
    'Settings of the topology `static`.',
  ),
  backends: required(
    listOf(backendSection, 'backend', 1),
    'The servers: `"10.0.0.1:3306"`, or an object. Sessions leave a removed one at the next statement; open transactions end on it.',
    {
      reloadable: true,
      example: [
        '10.0.0.1:3306',
        { name: 'db2', address: '10.0.0.2:3306', weight: 100, priority: 100, maxConnections: 500, neverPromote: false },
      ],
    },
  ),
  discover: defaulted(
    flag(),
    false,
    'Also use servers that the cluster itself names: replicas that the primary lists (by their `report_host`, else where their connections come from), Galera nodes, group members. Each is looked at first and must belong here; its name is its address. With several proxies that promote, `failover.coordinator` must be `etcd`.',
    { reloadable: true },
  ),
  names: defaulted(
    section({
      expand: defaulted(
        flag(),
        false,
        'Whether a host name in `backends` stands for as many servers as it has addresses (a headless service), named `NAME@ADDRESS`; else it is one server, resolved at each new connection. Addresses that the name service drops go after three questions, the present primary stays. A name service that fails changes nothing. Wants `etcd` like `discover`.',
        { reloadable: true },
      ),
      interval: defaulted(
        duration('100ms', '1h'),
        '5s',
        'Time between two questions to the name service, and for `discover` to the primary.',
        { reloadable: true },
      ),
    }),
    {},
    'What host names of servers stand for.',
  ),
  tls: defaulted(tlsSection, {}, 'Encryption towards the servers.'),
  proxyProtocol: defaulted(
    choice('off', 'v1', 'v2'),
    'off',
    "Begin each connection to the servers with a PROXY header, so that they see the client's address (in host patterns of accounts, the process list, logs) and not this machine's. Servers must expect it: `proxy_protocol_networks` of MariaDB and Percona Server.",
  ),
  compression: defaulted(
    choice('off', 'mirror', 'zlib', 'zstd'),
    'mirror',
    'Compression towards servers that have it: never (`off`), as the client of the session has it (`mirror`), always (`zlib`, `zstd`; zlib where the server or this Node has no zstd, which Node has from 22.15 on). Clients may always compress their own connection.',
  ),
  monitor: defaulted(monitorSection, {}, 'Health checks.'),
  replicas: defaulted(
    section({
      maxLag: defaulted(duration('0s', '30d'), '10s', 'A replica that is further behind gets no sessions.', { reloadable: true }),
      consistency: defaulted(
        choice('eventual', 'session', 'global'),
        'session',
        'What a read on a replica is promised: nothing (`eventual`); what its session wrote, and never less than it has read (`session`); also what any session of this proxy was told is committed (`global`). Rules may say otherwise for some statements.',
        { reloadable: true },
      ),
      waitBudget: defaulted(
        duration('0s', '1m'),
        '100ms',
        'How long a read may wait at a replica that lacks what was promised and is about to have it, before another server is asked; 0s: not at all.',
        { reloadable: true },
      ),
    }),
    {},
    'Which replicas are fit for reads.',
  ),
  failover: defaulted(failoverSection, {}, 'What happens when the primary is gone.'),
  hold: defaulted(holdSection, {}, 'Statements that wait while there is no server for them.'),
  transactions: defaulted(transactionsSection, {}, 'Open transactions when their server is lost.'),
  safeFunctions: defaulted(
    listOf(
      text({
        text: 'name of a function',
        maxLength: 129,
        pattern: /^[^\s.`'"()]{1,64}(?:\.[^\s.`'"()]{1,64})?$/,
        otherwise: 'a function is written `name` or `schema.name`, without quotes and parentheses',
      }),
      'function',
    ),
    [],
    'Stored and loadable functions that write nothing, change nothing in their session and depend on nothing of it: a SELECT that calls only these and built-in ones may run on a replica. `"price"` is that of any schema, `"shop.price"` of one. Others are taken to write.',
    { example: ['shop.price', 'round_up'] },
  ),
  allowShutdown: defaulted(
    flag(),
    false,
    'Whether the statements SHUTDOWN and RESTART, and COM_SHUTDOWN, go on to the server: the account needs the right there too. A guard against accidents: routines and text `PREPARE` are not looked into.',
    { reloadable: true },
  ),
  pool: defaulted(
    section({
      connectTimeout: defaulted(duration('10ms', '5m'), '2s', 'Longest time to connect and log in to a server.', { reloadable: true }),
    }),
    {},
    'Connections to the servers.',
  ),
});

export const clusterMap = namedMap(clusterSection, 'cluster');
