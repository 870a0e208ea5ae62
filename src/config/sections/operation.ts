import { choice } from '../kinds/choice.js';
import { listOf } from '../kinds/collection.js';
import { listenAddress } from '../kinds/endpoint.js';
import { duration } from '../kinds/quantity.js';
import { defaulted, optional, required, section } from '../kinds/section.js';
import { filePath, name, secret, text } from '../kinds/text.js';
import { autoOr, wholeNumber } from '../kinds/whole-number.js';

/** The end of the process after SIGTERM or an upgrade. */
export const drainSection = section({
  acceptFor: defaulted(duration('0s', '1h'), '5s', 'After SIGTERM, how long new clients are still let in while /readyz already says 503.', {
    reloadable: true,
  }),
  timeout: defaulted(duration('0s', '24h'), '25s', 'After SIGTERM, when what still runs is cut; `acceptFor` included.', {
    reloadable: true,
  }),
  upgradeTimeout: defaulted(
    duration('0s', '7d'),
    '10m',
    'After an upgrade, how long the old process keeps the sessions it has; then it drains, with `timeout` but without `acceptFor`.',
    { reloadable: true },
  ),
});

/** HTTP for operators. */
export const adminSection = section({
  address: defaulted(listenAddress(), '127.0.0.1:6480', 'Health, metrics and the API. An address others can reach needs a token.'),
  metricsAddress: optional(listenAddress(), 'A second address with only /healthz, /readyz and /metrics; may face the network.', {
    fallbackText: 'none',
    example: '0.0.0.0:6481',
  }),
  tls: defaulted(
    section({
      minVersion: defaulted(choice('1.2', '1.3'), '1.2', 'Oldest TLS version accepted.'),
      certFile: optional(
        filePath(),
        'Certificate chain, PEM, the own certificate first: with it `admin.address` is HTTPS. Read again when it changes: new connections get the new one.',
        { fallbackText: 'plain HTTP', example: '/etc/pointsman/tls/admin-cert.pem' },
      ),
      keyFile: optional(filePath(), 'Private key of the certificate, PEM. Read again when it changes.', {
        example: '/etc/pointsman/tls/admin-key.pem',
      }),
    }),
    {},
    'HTTPS at `admin.address`; `metricsAddress` stays plain HTTP.',
  ),
  token: optional(secret(), "An operator's token for the API.", { reloadable: true, example: '${env:POINTSMAN_ADMIN_TOKEN}' }),
  tokens: defaulted(
    listOf(
      section({
        name: required(name(), 'Who uses the token.', { example: 'grafana' }),
        role: required(choice('viewer', 'operator'), 'What it may do: read, or everything.', { example: 'viewer' }),
        token: required(secret(), 'The token itself.', { example: '${file:/run/secrets/grafana-token}' }),
      }),
      'token',
    ),
    [],
    'Further tokens.',
    { reloadable: true },
  ),
});

/** The SQL console. */
export const consoleSection = section({
  address: defaulted(
    listenAddress(),
    '127.0.0.1:6432',
    'Where any MySQL client reaches the SQL console; opened once `console.users` names someone.',
  ),
  users: defaulted(
    listOf(
      section({
        name: required(name(), 'Account of the console; it has nothing to do with accounts of servers.', { example: 'admin' }),
        password: required(secret(), 'Its password.', { example: '${file:/run/secrets/pointsman-console}' }),
      }),
      'account',
    ),
    [],
    'Who may log in to the console. Each is an operator: sees everything, and may drain, switch over and kill.',
  ),
});

/** What is written to standard output. */
export const logSection = section({
  level: defaulted(choice('debug', 'info', 'warn', 'error'), 'info', 'Least severity that is written.', { reloadable: true }),
  format: optional(choice('json', 'pretty'), 'One JSON object per line, or lines for people.', {
    fallbackText: '`pretty` on a terminal, else `json`',
    example: 'json',
  }),
  sql: defaulted(choice('redacted', 'full'), 'redacted', 'Whether literals of statements are written as `?` or as they are.', {
    reloadable: true,
  }),
});

/** Statements that take long. */
export const slowLogSection = section({
  threshold: defaulted(duration('0s', '1h'), '1s', 'From here on a statement is slow: the dashboard and `file` show it.', {
    reloadable: true,
  }),
  file: optional(
    filePath(),
    'File that slow statements are appended to, by all processes; made anew when it was moved away. Literals as `log.sql` says.',
    {
      fallbackText: 'only the dashboard and the API show the last ones',
      example: '/var/log/pointsman/slow.log',
    },
  ),
  format: defaulted(choice('mysql', 'json'), 'mysql', 'As the servers write theirs, for pt-query-digest; or one JSON object per line.'),
});

/** Traces, for OpenTelemetry collectors. */
export const tracingSection = section({
  endpoint: optional(
    text({
      text: 'URL',
      maxLength: 2048,
      pattern: /^https?:\/\/[^\s/]+\/\S+$/,
      otherwise: 'it is a URL such as http://collector:4318/v1/traces',
    }),
    'Where spans are sent: OTLP over HTTP, in JSON. A statement whose comment or query attribute `traceparent` says so becomes a part of that trace.',
    { fallbackText: 'no traces', example: 'http://127.0.0.1:4318/v1/traces' },
  ),
  sampleEvery: defaulted(
    wholeNumber(0, 1_000_000_000),
    1000,
    'Of statements without a `traceparent` one in so many gets a span; 0: none.',
    { reloadable: true },
  ),
  service: defaulted(text(), 'pointsman', 'Name of the service in traces.'),
  authorization: optional(secret(), 'Value of the Authorization header.', { example: 'Bearer ${env:OTLP_TOKEN}' }),
});

/** Operating system processes. */
export const processSection = section({
  workers: defaulted(
    autoOr(1, 128),
    'auto',
    'Worker processes. `auto`: one per CPU that this process may use (affinity and cgroup quota); 1: everything in one process.',
  ),
  zone: optional(
    text({ maxLength: 64 }),
    'Where this proxy runs: replicas with the same `zone` are read first, others when none of them can be read.',
    {
      fallbackText: 'no preference',
      example: 'a',
    },
  ),
});
