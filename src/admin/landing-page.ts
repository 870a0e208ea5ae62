import type { AdminContext, AdminRoute } from './admin-route.js';
import { type Reply, text } from './reply.js';

/** Nothing of the page may load anything, and no other page may frame it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** A page for people who open the admin address in a browser: what this is, whether it is ready, where to look. No data. */
export function landingPage({ readiness, facts, nowMs }: AdminContext, routes: readonly AdminRoute[]): Reply {
  const { ready } = readiness.answer(undefined, nowMs());
  const rows = routes
    .filter(({ path }) => path !== '/')
    .map(({ path, summary, role }) => {
      const note = role === undefined ? '' : ' <small>(needs a token where one is configured)</small>';
      return `<li><a href="${path}">${path}</a> ${summary}${note}</li>`;
    });
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pointsman</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}li{margin:.3rem 0}small{color:#666}</style>
<h1>Pointsman ${facts.version}</h1>
<p>A MySQL proxy. It is <strong>${ready ? 'ready' : 'not ready'}</strong>: <a href="/readyz">/readyz</a> says why.</p>
<ul>
${rows.join('\n')}
</ul>
<p><small>There is no dashboard yet. <code>pointsman status</code> shows the same as /api/v1/status as a table.</small></p>
</html>
`;
  const reply = text(200, page, 'text/html; charset=utf-8');
  return { ...reply, headers: { ...reply.headers, 'content-security-policy': POLICY } };
}
