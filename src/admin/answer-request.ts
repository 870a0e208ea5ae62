import { problem, type Reply } from './reply.js';
import { type AdminContext, type AdminRoute, ROUTES } from './routes.js';
import type { Tokens } from './tokens.js';

/** A request as far as it decides about the answer. */
export interface AdminRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  /** It came in on the metrics address. */
  readonly openOnly: boolean;
}

/** Answers take milliseconds; one that waits for a stuck worker must not wait for ever. */
const DEADLINE_MS = 5_000;

/** The answer to one request. Never rejects. */
export async function answerRequest(
  request: AdminRequest,
  context: AdminContext,
  tokens: Tokens,
  deadlineMs = DEADLINE_MS,
): Promise<Reply> {
  const url = parseTarget(request.target);
  if (url === undefined) return problem(400, 'PM_ADMIN_BAD_REQUEST', 'the request target is no path');
  const route = ROUTES.find(({ path, open }) => path === url.pathname && (open || !request.openOnly));
  if (route === undefined) return notFound(request);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problem(405, 'PM_ADMIN_METHOD', `${route.path} is read with GET`, { allow: 'GET, HEAD' });
  }
  const refusal = refuse(route, request, tokens);
  if (refusal !== undefined) return refusal;
  try {
    const answer = route.answer(context, url.searchParams);
    return answer === undefined ? notFound(request) : await withinDeadline(Promise.resolve(answer), deadlineMs);
  } catch (error) {
    context.log.error({ path: route.path, error }, 'an admin request failed');
    return problem(500, 'PM_ADMIN_INTERNAL', 'this is a bug in Pointsman; its log says more');
  }
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

function refuse(route: AdminRoute, request: AdminRequest, tokens: Tokens): Reply | undefined {
  if (route.role === undefined) return undefined;
  if (!tokens.configured) {
    if (route.role === 'operator') return problem(403, 'PM_ADMIN_FORBIDDEN', 'without admin.token the API only reads');
    if (isLocalName(request.host)) return undefined;
    // A page from elsewhere whose name was pointed at 127.0.0.1 (DNS rebinding) would otherwise read the API through a browser.
    return problem(403, 'PM_ADMIN_HOST', 'without admin.token the API answers only to localhost or an IP address as the host');
  }
  const role = tokens.roleOf(request.authorization);
  if (role === undefined) {
    const message = 'send Authorization: Bearer TOKEN with admin.token or one of admin.tokens';
    return problem(401, 'PM_ADMIN_UNAUTHORIZED', message, { 'www-authenticate': 'Bearer realm="pointsman"' });
  }
  if (route.role === 'operator' && role !== 'operator') return problem(403, 'PM_ADMIN_FORBIDDEN', "this needs an operator's token");
  return undefined;
}

function isLocalName(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  return name === '' || name === 'localhost' || name.startsWith('[') || /^[\d.]+$/.test(name);
}

async function withinDeadline(answer: Promise<Reply>, deadlineMs: number): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reply>((resolve) => {
    const reply = problem(503, 'PM_ADMIN_TIMEOUT', 'a part of this Pointsman did not answer in time; try again');
    timer = setTimeout(() => resolve(reply), deadlineMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
