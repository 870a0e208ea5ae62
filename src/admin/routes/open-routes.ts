import { type AdminRoute, type Asked, reading } from '../admin-route.js';
import { openApi } from '../openapi.js';
import type { Route } from '../readiness.js';
import { json, problem, type Reply, text } from '../reply.js';
import { HEALTH, READINESS } from '../schemas/open-schemas.js';

const READY_QUERY = [
  {
    name: 'role',
    values: ['primary', 'replica'],
    about: 'Only whether sessions of this role have a server at this moment; holding does not count.',
  },
];

/** What never needs a token. @param all every route there is, for the description */
export function openRoutes(all: () => readonly AdminRoute[]): readonly AdminRoute[] {
  const offered = ({ context }: Asked) => all().filter((route) => route.offered(context.source));
  const free = { role: undefined } as const;
  return [
    reading('/healthz', 'The process lives.', HEALTH, () => json(200, { alive: true }), { ...free, open: true }),
    reading('/readyz', 'Whether clients should be sent here.', READINESS, readyAnswer, {
      ...free,
      open: true,
      query: READY_QUERY,
      statuses: { 503: 'Not ready; reasons say why.' },
    }),
    reading('/metrics', 'Metrics in the Prometheus text format.', undefined, metricsAnswer, {
      ...free,
      open: true,
      contentType: 'text/plain',
    }),
    reading(
      '/openapi.json',
      'This description.',
      { type: 'object' },
      (asked) => json(200, openApi(offered(asked), asked.context.facts.version)),
      free,
    ),
  ];
}

function readyAnswer({ context: { readiness, nowMs }, query }: Asked): Reply {
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

async function metricsAnswer({ context }: Asked): Promise<Reply> {
  return text(200, await context.source.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
}
