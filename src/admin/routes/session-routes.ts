import { AdminProblem } from '../admin-problem.js';
import type { AdminRoute } from '../admin-route.js';
import { FLAG, objectOf } from '../json-schema.js';
import { mutation } from '../mutation.js';
import { SESSION } from '../schemas/reading-schemas.js';

/** Actions on sessions. */
export const SESSION_ROUTES: readonly AdminRoute[] = [
  mutation('/api/v1/sessions/{id}/kill', {
    summary: 'Ends a session, or with queryOnly only the statement it runs.',
    action: 'kill',
    fields: { queryOnly: { type: 'boolean', about: 'True: only the running statement ends, as with KILL QUERY.' } },
    schema: objectOf({ killed: FLAG, session: SESSION }),
    statuses: { 404: 'There is no such session.' },
    offered: ({ kill }) => kill !== undefined,
    async act({ params, body, dryRun, context }) {
      const id = Number(params['id']);
      if (!Number.isSafeInteger(id))
        throw new AdminProblem(400, 'PM_ADMIN_BAD_REQUEST', 'a session id is a number; /api/v1/sessions lists them');
      const session = await context.source.kill?.(id, { queryOnly: body['queryOnly'] === true, dryRun });
      if (session === undefined) {
        throw new AdminProblem(404, 'PM_ADMIN_UNKNOWN_SESSION', `there is no session ${id} (any more); /api/v1/sessions lists them`);
      }
      return { killed: !dryRun, session };
    },
  }),
];
