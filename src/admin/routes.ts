import type { AdminSource } from './admin-source.js';
import { landingPage } from './landing-page.js';
import { openApi } from './openapi.js';
import type { Readiness, Route } from './readiness.js';
import { json, problem, type Reply, text } from './reply.js';
import { clusterReports, type ProcessFacts, statusReport } from './status-report.js';
import type { TokenRole } from './tokens.js';

/** What the answers are made of. */
export interface AdminContext {
  readonly source: AdminSource;
  readonly readiness: Readiness;
  readonly facts: ProcessFacts;
  /** A clock that does not jump, in ms; the one `readiness` is fed with. */
  readonly nowMs: () => number;
  readonly log: { error(fields: object, message: string): void };
}

/** One path of the API. All routes are read with GET (or HEAD). */
export interface AdminRoute {
  readonly path: string;
  /** Undefined: never needs a token. */
  readonly role: TokenRole | undefined;
  /** Served on `metricsAddress` too. */
  readonly open: boolean;
  readonly summary: string;
  readonly contentType: string;
  /** `values` undefined: any text. */
  readonly query: readonly {
    readonly name: string;
    readonly values?: readonly string[];
    readonly about: string;
    readonly required?: true;
  }[];
  /** Undefined: this process does not offer it. */
  readonly answer: (context: AdminContext, query: URLSearchParams) => Reply | Promise<Reply> | undefined;
}

const JSON_TYPE = 'application/json';

function route(path: string, summary: string, answer: AdminRoute['answer'], more: Partial<AdminRoute> = {}): AdminRoute {
  return { path, role: undefined, open: false, summary, contentType: JSON_TYPE, query: [], answer, ...more };
}

const READY_QUERY = [
  {
    name: 'role',
    values: ['primary', 'replica'],
    about: 'Only whether sessions of this role have a server at this moment; holding does not count.',
  },
];

const EXPLAIN_QUERY: AdminRoute['query'] = [
  { name: 'sql', about: 'The statement.', required: true },
  { name: 'user', about: 'Account of the client.' },
  { name: 'database', about: 'Its selected database.' },
  { name: 'listener', about: 'Listener it came to; default: the first with route split, else the first.' },
  { name: 'client', about: 'Its address; default 127.0.0.1.' },
  { name: 'tls', values: ['true', 'false'], about: 'Whether it came with TLS; default false.' },
];

/** Everything the admin address serves. */
export const ROUTES: readonly AdminRoute[] = [
  route('/', 'A page for people; holds no data.', (context) => landingPage(context, offered(context)), { contentType: 'text/html' }),
  route('/healthz', 'The process lives.', () => json(200, { alive: true }), { open: true }),
  route('/readyz', 'Whether clients should be sent here.', readyAnswer, { open: true, query: READY_QUERY }),
  route('/metrics', 'Metrics in the Prometheus text format.', metricsAnswer, { open: true, contentType: 'text/plain' }),
  route('/openapi.json', 'This description.', (context) => json(200, openApi(offered(context), context.facts.version))),
  route(
    '/api/v1/status',
    'Everything worth seeing at a glance.',
    async ({ source, facts }) => json(200, await statusReport(source, facts)),
    {
      role: 'viewer',
    },
  ),
  route('/api/v1/clusters', 'Clusters and their servers.', async ({ source }) => json(200, { clusters: await clusterReports(source) }), {
    role: 'viewer',
  }),
  route('/api/v1/failovers', 'One report per failover, newest first.', ({ source }) => json(200, { failovers: source.failovers() }), {
    role: 'viewer',
  }),
  route('/api/v1/rules', 'Rules in their order, with how often they matched.', ({ source }) => json(200, { rules: source.rules() }), {
    role: 'viewer',
  }),
  route(
    '/api/v1/explain',
    'What would happen to a statement now: facts, hint, rules, target, and why each other server is not it.',
    explainAnswer,
    {
      role: 'viewer',
      query: EXPLAIN_QUERY,
    },
  ),
  route('/api/v1/sessions', 'Sessions of clients.', ({ source }) => source.sessions?.().then((sessions) => json(200, { sessions })), {
    role: 'viewer',
  }),
];

/** Routes that this process offers. */
function offered({ source }: AdminContext): readonly AdminRoute[] {
  return ROUTES.filter(({ path }) => path !== '/api/v1/sessions' || source.sessions !== undefined);
}

function readyAnswer({ readiness, nowMs }: AdminContext, query: URLSearchParams): Reply {
  const role = query.get('role') ?? undefined;
  if (role !== undefined && !isRoute(role)) {
    return problem(400, 'PM_ADMIN_BAD_QUERY', 'role must be primary or replica');
  }
  const answer = readiness.answer(role, nowMs());
  return json(answer.ready ? 200 : 503, answer);
}

function explainAnswer({ source }: AdminContext, query: URLSearchParams): Reply {
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

function isRoute(text: string): text is Route {
  return text === 'primary' || text === 'replica';
}

async function metricsAnswer({ source }: AdminContext): Promise<Reply> {
  return text(200, await source.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
}
