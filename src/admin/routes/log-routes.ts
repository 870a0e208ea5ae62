import type { AdminRoute } from '../admin-route.js';
import { FLAG, objectOf, oneOf } from '../json-schema.js';
import { mutation } from '../mutation.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const LEVEL = oneOf(...LEVELS);

/** What is logged, changed at run time. */
export const LOG_ROUTES: readonly AdminRoute[] = [
  mutation('/api/v1/log/level', {
    summary: 'Sets the log level of all processes until the next reload or restart; /api/v1/config/drift lists it.',
    action: 'log-level',
    fields: { level: { type: 'string', required: true, values: LEVELS, about: 'debug, info, warn or error.' } },
    schema: objectOf({ done: FLAG, before: LEVEL, after: LEVEL }),
    offered: ({ setLogLevel }) => setLogLevel !== undefined,
    async act({ body, dryRun, actor, context }) {
      const level = body['level'] as (typeof LEVELS)[number];
      const report = (await context.source.setLogLevel?.(level, actor.name, dryRun)) ?? {};
      if (!dryRun) context.events.publish('log-level', report);
      return { done: !dryRun, ...report };
    },
  }),
];
