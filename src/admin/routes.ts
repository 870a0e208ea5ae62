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
  readonly query: readonly { readonly name: string; readonly values: readonly string[]; readonly about: string }[];
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

function isRoute(text: string): text is Route {
  return text === 'primary' || text === 'replica';
}

async function metricsAnswer({ source }: AdminContext): Promise<Reply> {
  return text(200, await source.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
}
