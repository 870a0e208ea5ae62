import type { Access, Actor } from './access.js';
import { AdminProblem } from './admin-problem.js';
import type { AdminRequest } from './admin-request.js';
import type { AdminContext, AdminRoute } from './admin-route.js';
import { maskedBody } from './audit-trail.js';
import { type Body, bodyFault } from './body-fields.js';
import { problem, type Reply } from './reply.js';
import { findRoute, type RouteMatch } from './route-table.js';
import { ROUTES } from './routes.js';

/** What is known of a request by the time it is answered or refused; the audit writes it down. */
interface Progress {
  actor: Actor | undefined;
  body: Body;
}

/** The answer to one request. Never rejects. */
export async function answerRequest(
  request: AdminRequest,
  context: AdminContext,
  access: Access,
  deadlineMs?: number,
  routes: readonly AdminRoute[] = ROUTES,
): Promise<Reply> {
  const url = parseTarget(request.target);
  if (url === undefined) return problem(400, 'PM_ADMIN_BAD_REQUEST', 'the request target is no path');
  const usable = routes.filter(({ open, offered }) => (open || !request.openOnly) && offered(context.source));
  const found = findRoute(usable, request.method, url.pathname);
  if (found === undefined) return notFound(request);
  if ('allow' in found) return wrongMethod(url.pathname, found.allow);
  const progress: Progress = { actor: undefined, body: {} };
  const startedMs = context.nowMs();
  const settled = work(found, url, { request, context, access }, progress).catch((error: unknown) => failure(found.route, context, error));
  void settled.then((reply) => audit(found, request, context, progress, reply, context.nowMs() - startedMs));
  return withinDeadline(settled, deadlineMs ?? found.route.deadlineMs);
}

interface Parts {
  readonly request: AdminRequest;
  readonly context: AdminContext;
  readonly access: Access;
}

async function work({ route, params }: RouteMatch, url: URL, parts: Parts, progress: Progress): Promise<Reply> {
  const { request, context, access } = parts;
  if (route.role !== undefined) {
    progress.actor = access.identify(route.role, request, context.nowMs());
    access.admit(progress.actor, route.role, request, context.nowMs());
  }
  if (route.method === 'POST') progress.body = await readFields(route, request);
  const { actor, body } = progress;
  return route.answer({ context, access, params, query: url.searchParams, body, actor, request });
}

/** @throws AdminProblem 400, 413, 415 */
async function readFields(route: AdminRoute, request: AdminRequest): Promise<Body> {
  const bytes = await request.body();
  if (bytes.length === 0) return checked(route, {});
  // A form of another page cannot send this type.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new AdminProblem(415, 'PM_ADMIN_MEDIA_TYPE', 'send the body as Content-Type: application/json');
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    // Node says what and, where it knows, the place; what it quotes of the text behind a comma may be a secret.
    const what = error instanceof Error ? (error.message.split(/, (?=["'.])/)[0] ?? '') : 'unknown';
    throw new AdminProblem(400, 'PM_ADMIN_BAD_BODY', `the body is no JSON: ${what}`);
  }
  return checked(route, value);
}

function checked({ fields, path }: AdminRoute, value: unknown): Body {
  const fault = bodyFault(fields, value);
  if (fault !== undefined) throw new AdminProblem(400, 'PM_ADMIN_BAD_BODY', `${fault}; /openapi.json describes ${path}`);
  return value as Body;
}

function failure(route: AdminRoute, { log }: AdminContext, error: unknown): Reply {
  if (error instanceof AdminProblem) return error.reply();
  log.error({ path: route.path, error }, 'an admin request failed');
  return problem(500, 'PM_ADMIN_INTERNAL', 'this is a bug in Pointsman; its log says more');
}

function audit(
  { route, params }: RouteMatch,
  request: AdminRequest,
  context: AdminContext,
  { actor, body }: Progress,
  reply: Reply,
  tookMs: number,
): void {
  const { status } = reply;
  // Who is too fast is refused without a line, else the log is what floods.
  if (route.action === undefined || status === 429) return;
  context.audit.add({
    at: new Date().toISOString(),
    action: route.action,
    actor: actor?.name ?? null,
    from: request.from,
    target: { ...params, ...maskedBody(body, route.secretFields) },
    dryRun: body['dryRun'] === true,
    result: status < 300 ? 'done' : status < 409 || status === 413 || status === 415 ? 'refused' : 'failed',
    status,
    code: status < 300 ? null : codeOf(reply),
    tookMs: Math.round(tookMs),
  });
}

function codeOf({ body }: Reply): string | null {
  return /"code": "(PM_\w+)"/.exec(String(body))?.[1] ?? null;
}

function parseTarget(target: string): URL | undefined {
  // Only origin form: an absolute one would let the request name a host of its own.
  return target.startsWith('/') && !target.startsWith('//') && URL.canParse(target, 'http://localhost')
    ? new URL(target, 'http://localhost')
    : undefined;
}

function notFound({ openOnly }: AdminRequest): Reply {
  const here = openOnly ? 'here are only /healthz, /readyz and /metrics' : '/openapi.json lists what there is';
  return problem(404, 'PM_ADMIN_NOT_FOUND', `there is nothing at this path; ${here}`);
}

function wrongMethod(path: string, allow: readonly string[]): Reply {
  const way = allow.includes('GET') ? 'read with GET' : 'done with POST';
  return problem(405, 'PM_ADMIN_METHOD', `${path} is ${way}`, { allow: allow.join(', ') });
}

async function withinDeadline(answer: Promise<Reply>, deadlineMs: number): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reply>((resolve) => {
    const reply = problem(503, 'PM_ADMIN_TIMEOUT', 'a part of this Pointsman did not answer in time; what was asked for may still happen');
    timer = setTimeout(() => resolve(reply), deadlineMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
