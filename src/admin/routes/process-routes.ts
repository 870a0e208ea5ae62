import type { AdminRoute } from '../admin-route.js';
import { COUNT, FLAG, nullable, objectOf, STRING } from '../json-schema.js';
import { mutation } from '../mutation.js';

/** Actions on the process itself. */
export const PROCESS_ROUTES: readonly AdminRoute[] = [
  mutation('/api/v1/upgrade', {
    summary: 'A new process, of the version on the disk, takes over the listening sockets; this one keeps its sessions until they end.',
    action: 'upgrade',
    schema: objectOf({ upgraded: FLAG, pid: nullable(COUNT), version: nullable(STRING) }),
    statuses: { 409: 'It did not come about; the message says why, and the old process goes on.' },
    deadlineMs: 70_000,
    offered: ({ upgrade }) => upgrade !== undefined,
    async act({ dryRun, actor, context }) {
      if (dryRun) return { upgraded: false, pid: null, version: null };
      const report = (await context.source.upgrade?.(actor.name)) ?? {};
      context.events.publish('upgrade', report);
      return { upgraded: true, ...report };
    },
  }),
];
