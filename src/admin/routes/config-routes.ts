import type { AdminRoute } from '../admin-route.js';
import { reading } from '../admin-route.js';
import { arrayOf, COUNT, FLAG, nullable, objectOf, oneOf, STRING } from '../json-schema.js';
import { mutation } from '../mutation.js';
import { json } from '../reply.js';

const CHANGE = objectOf({ key: STRING, change: oneOf('added', 'removed', 'changed', 'order'), old: {}, new: {}, reloadable: FLAG });

/** Telling and mending the difference between the file and what is in force. */
export const CONFIG_ROUTES: readonly AdminRoute[] = [
  mutation('/api/v1/config/reload', {
    summary: 'Reads the configuration anew and brings it into force; a wrong one changes nothing.',
    action: 'reload',
    schema: objectOf({
      dryRun: FLAG,
      file: nullable(STRING),
      version: COUNT,
      applied: arrayOf(CHANGE),
      needRestart: arrayOf(CHANGE),
      warnings: arrayOf(STRING),
    }),
    statuses: { 422: 'It is wrong; the message says where and why, and what was in force is.' },
    deadlineMs: 30_000,
    offered: ({ reload }) => reload !== undefined,
    async act({ dryRun, actor, context }) {
      const report = (await context.source.reload?.(actor.name, dryRun)) ?? {};
      if (!dryRun) context.events.publish('reload', report);
      return report;
    },
  }),
  reading(
    '/api/v1/config/drift',
    'In what the running process differs from its file: keys that are not in force, and what was changed at run time.',
    objectOf({
      file: nullable(STRING),
      version: COUNT,
      changes: arrayOf(CHANGE),
      problem: nullable(STRING),
      runtime: arrayOf(objectOf({ key: STRING, value: STRING, reason: STRING })),
    }),
    ({ context: { source } }) => json(200, source.drift?.() ?? {}),
    { offered: ({ drift }) => drift !== undefined },
  ),
];
