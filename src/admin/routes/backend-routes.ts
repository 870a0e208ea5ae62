import { AdminProblem } from '../admin-problem.js';
import type { AdminRoute } from '../admin-route.js';
import type { BackendOrder } from '../admin-source.js';
import { arrayOf, FLAG, nullable, objectOf, oneOf, STRING } from '../json-schema.js';
import { mutation } from '../mutation.js';

const STATE = nullable(oneOf('draining', 'maintenance'));
const REPORT = objectOf({ done: FLAG, cluster: STRING, backend: STRING, before: STATE, after: STATE, warnings: arrayOf(STRING) });

/** Servers are taken out of traffic and back in. */
export const BACKEND_ROUTES: readonly AdminRoute[] = [
  route('drain', 'Sessions leave the server at the end of their statement or transaction where nothing is lost by it; no new ones come.'),
  route('maintenance', 'As drain; sessions leave also where they lose state by it (9502 names it).'),
  route('undrain', 'The server takes part again.'),
];

function route(action: BackendOrder['action'], summary: string): AdminRoute {
  return mutation(`/api/v1/backends/{name}/${action}`, {
    summary,
    action,
    fields: { cluster: { type: 'string', about: 'Needed only where several clusters have a server of this name.' } },
    schema: REPORT,
    statuses: { 404: 'There is no such server.', 409: 'It is the primary: move the role first; or several clusters have such a server.' },
    offered: ({ setBackend }) => setBackend !== undefined,
    act({ params, body, dryRun, context }) {
      const backend = params['name'] ?? '';
      const { cluster } = body;
      const order: BackendOrder = { backend, cluster: typeof cluster === 'string' ? cluster : undefined, action, dryRun };
      const report = context.source.setBackend?.(order);
      if (report === undefined) throw new AdminProblem(404, 'PM_ADMIN_NOT_FOUND', 'servers cannot be drained here');
      if (!dryRun) context.events.publish(action, { ...report });
      return { done: !dryRun, before: null, after: null, ...withoutUndefined(report) };
    },
  });
}

function withoutUndefined(report: object): object {
  return Object.fromEntries(Object.entries(report).filter(([, value]) => value !== undefined));
}
