import { AdminProblem } from '../admin-problem.js';
import { type AdminRoute, type Asked, reading } from '../admin-route.js';
import type { TraceWish } from '../admin-source.js';
import { COUNT, FLAG, NUMBER, nullable, objectOf, STRING } from '../json-schema.js';
import { mutation } from '../mutation.js';

/** Longest time and largest text that may be asked for; and what is taken where nothing is asked for. */
const MOST_SECONDS = 600;
const MOST_KIB = 16_384;
const USUAL = { seconds: 60, kib: 1_024 } as const;

const STATE = objectOf({
  session: COUNT,
  running: FLAG,
  startedAtMs: { ...NUMBER, description: 'Unix time, ms.' },
  packets: COUNT,
  bytes: COUNT,
  endedBecause: nullable(STRING),
});

const PATH = '/api/v1/sessions/{id}/trace';

/** The packets of one session, written down for a while: readable, without passwords and data. */
export const TRACE_ROUTES: readonly AdminRoute[] = [
  mutation(PATH, {
    summary: 'Begins to write down the packets of a session, both ways, of its client and its servers. It ends by itself.',
    action: 'trace',
    fields: {
      seconds: { type: 'integer', minimum: 1, maximum: MOST_SECONDS, about: `For how long; default: ${USUAL.seconds}.` },
      maxKib: { type: 'integer', minimum: 1, maximum: MOST_KIB, about: `How much text at most, KiB; default: ${USUAL.kib}.` },
    },
    schema: objectOf({ done: FLAG, trace: nullable(STATE) }),
    statuses: { 404: 'There is no such session.', 409: 'Not now; the message says why.' },
    offered: ({ trace }) => trace !== undefined,
    async act({ params, body, dryRun, context }) {
      const { seconds, maxKib } = body;
      const order = {
        action: 'start' as const,
        session: idIn(params),
        seconds: typeof seconds === 'number' ? seconds : USUAL.seconds,
        maxBytes: (typeof maxKib === 'number' ? maxKib : USUAL.kib) * 1024,
      };
      if (dryRun) return { done: false, trace: null };
      return { done: true, trace: shown((await traced(context, order)).state) };
    },
  }),
  mutation(`${PATH}/stop`, {
    summary: 'Ends the trace of a session; its text can be fetched for ten minutes.',
    action: 'trace-stop',
    schema: objectOf({ done: FLAG, trace: nullable(STATE) }),
    statuses: { 404: 'That session is not traced.' },
    offered: ({ trace }) => trace !== undefined,
    async act({ params, dryRun, context }) {
      const order = { action: dryRun ? ('read' as const) : ('stop' as const), session: idIn(params), seconds: 0, maxBytes: 0 };
      return { done: !dryRun, trace: shown((await traced(context, order)).state) };
    },
  }),
  reading(
    PATH,
    'The trace of a session as text, while it runs or after: one line a packet.',
    undefined,
    async ({ params, context }) => {
      const session = idIn(params);
      const { text } = await traced(context, { action: 'read', session, seconds: 0, maxBytes: 0 });
      return {
        status: 200,
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          'content-disposition': `attachment; filename="session-${session}.trace.txt"`,
        },
        body: text ?? '',
      };
    },
    {
      role: 'operator',
      contentType: 'text/plain',
      statuses: { 404: 'That session is not traced.' },
      offered: ({ trace }) => trace !== undefined,
    },
  ),
];

function idIn(params: Asked['params']): number {
  const id = Number(params['id']);
  if (Number.isSafeInteger(id)) return id;
  throw new AdminProblem(400, 'PM_ADMIN_BAD_REQUEST', 'a session id is a number; /api/v1/sessions lists them');
}

async function traced({ source }: Asked['context'], wish: TraceWish) {
  const report = await source.trace?.(wish);
  if (report?.refused !== undefined) throw new AdminProblem(409, 'PM_ADMIN_NOT_NOW', `no trace was begun: ${report.refused}`);
  if (report?.state !== undefined) return report;
  const what = wish.action === 'start' ? 'there is no session' : 'there is no trace of session';
  throw new AdminProblem(404, 'PM_ADMIN_UNKNOWN_SESSION', `${what} ${wish.session} (any more); /api/v1/sessions lists the sessions`);
}

function shown(state: object | undefined): object {
  return { endedBecause: null, ...Object.fromEntries(Object.entries(state ?? {}).filter(([, value]) => value !== undefined)) };
}
