import { type AdminRoute, type Asked, reading } from '../admin-route.js';
import { ANY_OBJECT, arrayOf, objectOf } from '../json-schema.js';
import { PART_COUNTS, PART_QUERY, partOf } from '../list-part.js';
import { json, problem, type Reply } from '../reply.js';
import { AUDIT_ENTRY, EXPLANATION, FAILOVER, RULE, SESSION } from '../schemas/reading-schemas.js';
import { CLUSTER, STATUS } from '../schemas/status-schemas.js';
import { DIGEST, SLOW, TRAFFIC } from '../schemas/traffic-schemas.js';
import { clusterReports, statusReport } from '../status-report.js';

const EXPLAIN_QUERY: AdminRoute['query'] = [
  { name: 'sql', about: 'The statement.', required: true },
  { name: 'user', about: 'Account of the client.' },
  { name: 'database', about: 'Its selected database.' },
  { name: 'listener', about: 'Listener it came to; default: the first with route split, else the first.' },
  { name: 'client', about: 'Its address; default 127.0.0.1.' },
  { name: 'tls', values: ['true', 'false'], about: 'Whether it came with TLS; default false.' },
];

/** What viewers may read. */
export const READING_ROUTES: readonly AdminRoute[] = [
  reading('/api/v1/status', 'Everything worth seeing at a glance.', STATUS, async ({ context }) => json(200, await statusReport(context))),
  reading('/api/v1/clusters', 'Clusters and their servers.', objectOf({ clusters: arrayOf(CLUSTER) }), async ({ context: { source } }) =>
    json(200, { clusters: await clusterReports(source) }),
  ),
  reading(
    '/api/v1/failovers',
    'One report per failover or switchover, newest first.',
    objectOf({ failovers: arrayOf(FAILOVER) }),
    ({ context: { source } }) => json(200, { failovers: source.failovers() }),
  ),
  reading('/api/v1/rules', 'Rules in their order, with how often they matched.', objectOf({ rules: arrayOf(RULE) }), ({ context }) =>
    json(200, { rules: context.source.rules() }),
  ),
  reading(
    '/api/v1/explain',
    'What would happen to a statement now: facts, hint, rules, target, and why each other server is not it.',
    EXPLANATION,
    explainAnswer,
    { query: EXPLAIN_QUERY, statuses: { 400: 'A parameter is missing or has a value that is not known.' } },
  ),
  reading('/api/v1/sessions', 'Sessions of clients.', objectOf({ sessions: arrayOf(SESSION), ...PART_COUNTS }), sessionsAnswer, {
    offered: ({ sessions }) => sessions !== undefined,
    query: PART_QUERY,
    statuses: { 400: 'A parameter has a value that makes no sense.' },
  }),
  reading('/api/v1/traffic', 'Rates and latencies of the last ten minutes.', TRAFFIC, ({ context }) =>
    json(200, { points: context.traffic.points }),
  ),
  reading(
    '/api/v1/digests',
    'Statements by their shape, those that took most time together first, and the last slow ones.',
    objectOf({ digests: arrayOf(DIGEST), slow: arrayOf(SLOW), ...PART_COUNTS }),
    digestsAnswer,
    { query: PART_QUERY, statuses: { 400: 'A parameter has a value that makes no sense.' } },
  ),
  reading(
    '/api/v1/config',
    'The configuration in force, defaults filled in, secrets masked.',
    objectOf({ config: ANY_OBJECT }),
    ({ context: { source } }) => json(200, { config: source.config() }),
  ),
  reading('/api/v1/audit', 'The last uses of actions, newest first.', objectOf({ audit: arrayOf(AUDIT_ENTRY) }), ({ context }) =>
    json(200, { audit: context.audit.entries }),
  ),
];

async function sessionsAnswer({ context: { source }, query }: Asked): Promise<Reply> {
  const part = partOf((await source.sessions?.()) ?? [], query);
  if (typeof part === 'string') return problem(400, 'PM_ADMIN_BAD_QUERY', part);
  const { rows, ...counts } = part;
  return json(200, { sessions: rows, ...counts });
}

async function digestsAnswer({ context: { source }, query }: Asked): Promise<Reply> {
  const { digests, slow } = await source.statements();
  const part = partOf(digests, query);
  if (typeof part === 'string') return problem(400, 'PM_ADMIN_BAD_QUERY', part);
  const { rows, ...counts } = part;
  return json(200, { digests: rows, slow, ...counts });
}

function explainAnswer({ context: { source }, query }: Asked): Reply {
  const of = (name: string): string | undefined => query.get(name) ?? undefined;
  const sql = of('sql');
  const tls = of('tls') ?? 'false';
  if (sql === undefined || sql.trim() === '') return problem(400, 'PM_ADMIN_BAD_QUERY', 'sql is missing: ?sql=SELECT+1');
  if (tls !== 'true' && tls !== 'false') return problem(400, 'PM_ADMIN_BAD_QUERY', 'tls must be true or false');
  const answer = source.explain({
    sql,
    user: of('user'),
    database: of('database'),
    listener: of('listener'),
    client: of('client'),
    tls: tls === 'true',
  });
  return typeof answer === 'string' ? problem(400, 'PM_ADMIN_BAD_QUERY', answer) : json(200, answer);
}
