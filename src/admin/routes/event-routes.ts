import type { AdminRoute } from '../admin-route.js';
import { reading } from '../admin-route.js';
import { eventStream } from '../event-stream.js';

/** Server-sent events. */
export const EVENT_ROUTES: readonly AdminRoute[] = [
  reading(
    '/api/v1/events',
    'Server-sent events: `status` about each second, and what happens (`failover`, `switchover`, `drain`, `audit`, ...) when it happens.',
    undefined,
    ({ context, request }) => eventStream(context, request.headers['last-event-id']),
    { contentType: 'text/event-stream', statuses: { 503: 'Too many listen already.' } },
  ),
];
