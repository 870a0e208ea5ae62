import { AdminProblem } from './admin-problem.js';
import type { AdminContext } from './admin-route.js';
import type { AdminEvent } from './event-hub.js';
import { LiveStatus } from './live-status.js';
import type { Reply, StreamSink } from './reply.js';

/** Each takes a connection and memory. */
const MAX_LISTENERS = 64;
/** A reader behind by this much gets no status until it has caught up: it is only interested in the newest. */
const BEHIND_BYTES = 64 * 1024;
/** Behind by this much it is cut; it comes back with `Last-Event-ID` and misses nothing that is kept. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** What browsers wait before they come back. */
const RETRY_MS = 1_000;

const live = new WeakMap<AdminContext, LiveStatus>();

/** `/api/v1/events`. @throws AdminProblem 503 when too many listen */
export function eventStream(context: AdminContext, lastEventId: string | undefined): Reply {
  let status = live.get(context);
  if (status === undefined) {
    status = new LiveStatus(context);
    live.set(context, status);
  }
  const listening = status;
  if (listening.listeners >= MAX_LISTENERS) {
    throw new AdminProblem(503, 'PM_ADMIN_LISTENERS', `${MAX_LISTENERS} listen to events already; close one`, { 'retry-after': '10' });
  }
  return {
    status: 200,
    // Proxies in between (nginx) must not keep events back.
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
    body: `retry: ${RETRY_MS}\n\n`,
    stream(sink) {
      for (const event of context.events.since(lastEventId)) tell(sink, event);
      const ends = [
        context.events.subscribe((event) => tell(sink, event)),
        listening.subscribe((json) => {
          if (sink.waitingBytes < BEHIND_BYTES) sink.write(`event: status\ndata: ${json}\n\n`);
        }),
      ];
      sink.onEnd(() => {
        for (const end of ends) end();
      });
    },
  };
}

function tell(sink: StreamSink, { id, type, data }: AdminEvent): void {
  if (sink.waitingBytes > MAX_WAITING_BYTES) return sink.end();
  const json = JSON.stringify(data, (_key, member) => (typeof member === 'bigint' ? String(member) : member));
  sink.write(`id: ${id}\nevent: ${type}\ndata: ${json}\n\n`);
}
