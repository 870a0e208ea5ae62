import { AdminProblem } from '../admin-problem.js';
import type { AdminRoute } from '../admin-route.js';
import { ANY_OBJECT, arrayOf, FLAG, NUMBER, objectOf, oneOf, STRING } from '../json-schema.js';
import { mutation } from '../mutation.js';

/** Longest time that may be asked for. */
const MOST_MS = 600_000;

const REPORT = {
  type: 'object',
  required: ['id', 'cluster', 'result', 'from', 'to', 'plan', 'progress', 'tookMs', 'warnings'],
  properties: {
    id: STRING,
    cluster: STRING,
    result: oneOf('planned', 'done'),
    from: STRING,
    to: STRING,
    plan: arrayOf(ANY_OBJECT),
    progress: arrayOf(ANY_OBJECT),
    pauseMs: { ...NUMBER, description: 'How long new writes were held, milliseconds.' },
    tookMs: NUMBER,
    warnings: arrayOf(STRING),
  },
};

const FAILOVER_REPORT = {
  type: 'object',
  required: ['cluster', 'result', 'to', 'plan', 'warnings'],
  properties: {
    cluster: STRING,
    result: oneOf('planned', 'done'),
    from: STRING,
    to: STRING,
    plan: arrayOf(ANY_OBJECT),
    warnings: arrayOf(STRING),
  },
};

/** Clusters pause, and the role of primary is moved. */
export const CLUSTER_ROUTES: readonly AdminRoute[] = [
  pausing(
    'pause',
    'Nothing new begins on the cluster: statements are held for up to hold.timeout (then 9503); what runs and open transactions go on.',
  ),
  pausing('resume', 'Held statements are let go, and everything is as before the pause.'),
  mutation('/api/v1/clusters/{name}/switchover', {
    summary: 'Moves the role of primary to another living server without an error for clients. Progress: events of type switchover.',
    action: 'switchover',
    fields: {
      to: { type: 'string', about: 'The new primary; default: the best replica.' },
      timeoutMs: {
        type: 'integer',
        minimum: 500,
        maximum: MOST_MS,
        about: 'For all up to the release of held statements; default: 80 % of hold.timeout.',
      },
      force: {
        type: 'boolean',
        about:
          'True: transactions still open when the time to drain is up end with 1213 instead of ending the switchover; overrides neverPromote.',
      },
    },
    schema: REPORT,
    statuses: {
      404: 'There is no such cluster.',
      409: 'It cannot be done now, or was given up and everything put back; the message says why.',
    },
    deadlineMs: MOST_MS + 60_000,
    offered: ({ switchover }) => switchover !== undefined,
    async act({ params, body, dryRun, context }) {
      const { to, timeoutMs } = body;
      const report = await context.source.switchover?.({
        cluster: params['name'] ?? '',
        to: typeof to === 'string' ? to : undefined,
        timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : undefined,
        force: body['force'] === true,
        dryRun,
      });
      if (report === undefined) throw new AdminProblem(404, 'PM_ADMIN_NOT_FOUND', 'the role cannot be moved here');
      return report;
    },
  }),
  mutation('/api/v1/clusters/{name}/failover', {
    summary: 'Makes a replica primary in place of one that is dead. A primary that lives is moved by switchover.',
    action: 'failover',
    fields: {
      to: { type: 'string', required: true, about: 'The new primary.' },
      force: { type: 'boolean', about: 'True: also where transactions are lost that another server has; overrides neverPromote.' },
    },
    schema: FAILOVER_REPORT,
    statuses: { 404: 'There is no such cluster or server.', 409: 'It cannot be done now; the message says why.' },
    deadlineMs: MOST_MS,
    offered: ({ failover }) => failover !== undefined,
    async act({ params, body, dryRun, context }) {
      const order = { cluster: params['name'] ?? '', to: String(body['to']), force: body['force'] === true, dryRun };
      const report = await context.source.failover?.(order);
      if (report === undefined) throw new AdminProblem(404, 'PM_ADMIN_NOT_FOUND', 'nobody can be promoted here');
      return report;
    },
  }),
];

function pausing(action: 'pause' | 'resume', summary: string): AdminRoute {
  return mutation(`/api/v1/clusters/{name}/${action}`, {
    summary,
    action,
    schema: objectOf({ done: FLAG, cluster: STRING, paused: FLAG, before: FLAG }),
    statuses: { 404: 'There is no such cluster.' },
    offered: ({ setPaused }) => setPaused !== undefined,
    act({ params, dryRun, actor, context }) {
      const order = { cluster: params['name'] ?? '', paused: action === 'pause', by: actor.name, dryRun };
      const report = context.source.setPaused?.(order);
      if (report === undefined) throw new AdminProblem(404, 'PM_ADMIN_NOT_FOUND', 'clusters cannot be paused here');
      if (!dryRun) context.events.publish(action, { ...report });
      return { done: !dryRun, ...report };
    },
  });
}
