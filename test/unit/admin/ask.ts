import { Access } from '../../../src/admin/access.js';
import type { AdminRoute } from '../../../src/admin/admin-route.js';
import { answerRequest } from '../../../src/admin/answer-request.js';
import { context } from './fake-source.js';

/** No token is configured. */
export function OPEN(): Access {
  return new Access({ token: undefined, tokens: [] });
}

export function TOKENS(): Access {
  return new Access({ token: 'operator-secret', tokens: [{ name: 'grafana', role: 'viewer', token: 'viewer-secret' }] });
}

/** What a request is made of; all but the path may be left out. */
export interface AskOptions {
  readonly access?: Access;
  readonly authorization?: string;
  readonly host?: string;
  readonly openOnly?: boolean;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a text. */
  readonly body?: unknown;
  readonly in?: ReturnType<typeof context>;
  readonly routes?: readonly AdminRoute[];
  readonly secure?: boolean;
  readonly deadlineMs?: number;
}

/** One request to a process whose parts are made up; everything between is real. */
export async function ask(target: string, more: AskOptions = {}) {
  const { access = OPEN(), authorization, host = 'localhost:6480', openOnly = false, method = 'GET', headers, body, secure = false } = more;
  const bytes = Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  const request = {
    method,
    target,
    headers: { authorization, host, ...(bytes.length > 0 ? { 'content-type': 'application/json' } : {}), ...headers },
    from: '127.0.0.1',
    secure,
    openOnly,
    body: async () => bytes,
  };
  const reply = await answerRequest(request, more.in ?? context(), access, more.deadlineMs, more.routes);
  return { ...reply, body: String(reply.body), json: () => JSON.parse(String(reply.body)) };
}
