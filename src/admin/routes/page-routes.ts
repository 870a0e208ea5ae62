import { type AdminRoute, type Asked, reading } from '../admin-route.js';
import { problem, type Reply } from '../reply.js';

/** The page loads nothing from elsewhere, runs nothing that is written into it, and no other page may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The dashboard: a page and the files it is made of; they hold no data. */
export const PAGE_ROUTES: readonly AdminRoute[] = [
  reading('/', 'The dashboard, a page for people; holds no data.', undefined, (asked) => file(asked, 'index.html'), {
    role: undefined,
    contentType: 'text/html',
  }),
  reading('/dashboard/{file}', 'A file of the dashboard.', undefined, (asked) => file(asked, asked.params['file'] ?? ''), {
    role: undefined,
    contentType: '*/*',
    statuses: { 404: 'There is no such file.' },
  }),
  reading('/dashboard/views/{file}', 'A file of the dashboard.', undefined, (asked) => file(asked, `views/${asked.params['file']}`), {
    role: undefined,
    contentType: '*/*',
    statuses: { 404: 'There is no such file.' },
  }),
];

function file({ context, request }: Asked, name: string): Reply {
  const found = context.page.get(name);
  if (found === undefined)
    return problem(404, 'PM_ADMIN_NOT_FOUND', `the dashboard of this installation has no file ${name.slice(0, 100)}`);
  const { contentType, bytes, zipped, etag } = found;
  // Asked for anew each time, answered with 304 while it is the same: a new version is never mixed with an old one.
  const headers = {
    'content-type': contentType,
    etag,
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
    'content-security-policy': POLICY,
  };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers, body: '' };
  return acceptsGzip(request.headers['accept-encoding'])
    ? { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: zipped }
    : { status: 200, headers, body: bytes };
}

function acceptsGzip(accepted: string | undefined): boolean {
  return /(^|,)\s*gzip\s*(;\s*q=(1|0\.[1-9]))?/i.test(accepted ?? '');
}
