import type { AdminRoute } from '../admin-route.js';
import { reading } from '../admin-route.js';
import { arrayOf, FLAG, nullable, objectOf, oneOf, STRING } from '../json-schema.js';
import { json } from '../reply.js';
import type { TokenRole } from '../tokens.js';

const WHO = objectOf({ name: STRING, role: oneOf('viewer', 'operator') });

/** How browsers log in: a token for a cookie. @param all every route there is */
export function loginRoutes(all: () => readonly AdminRoute[]): readonly AdminRoute[] {
  return [
    reading(
      '/api/v1/login',
      'A browser shows a token and gets a cookie for it; only the page of this address may ask.',
      WHO,
      ({ context, access, body, request }) => {
        const holder = access.login(String(body['token']), request, context.nowMs());
        return json(200, holder, { 'set-cookie': access.cookies.issue(holder, Date.now(), request.secure) });
      },
      {
        method: 'POST',
        role: undefined,
        action: 'login',
        fields: { token: { type: 'string', about: 'The token: admin.token or one of admin.tokens.', required: true } },
        secretFields: ['token'],
        statuses: { 401: 'The token is not known.', 403: 'Not the page of this address.', 409: 'No token is configured.' },
      },
    ),
    reading(
      '/api/v1/logout',
      'The cookie is not accepted any more.',
      objectOf({ name: nullable(STRING) }),
      ({ access, request }) => {
        access.sameOrigin(request);
        const holder = access.cookies.holderOf(request.headers.cookie, Date.now());
        return json(200, { name: holder?.name ?? null }, { 'set-cookie': access.cookies.revoke(request.headers.cookie, request.secure) });
      },
      { method: 'POST', role: undefined, action: 'logout', statuses: { 403: 'Not the page of this address.' } },
    ),
    reading(
      '/api/v1/whoami',
      'Whose token or cookie this is (null: nobody), what it allows, and which actions and answers this process offers.',
      objectOf({
        name: nullable(STRING),
        role: nullable(oneOf('viewer', 'operator')),
        tokens: { ...FLAG, description: 'Whether a token is configured; without one everybody here is a viewer.' },
        actions: arrayOf(STRING),
        reads: arrayOf(STRING),
      }),
      ({ access, context, request }) => {
        const who = access.who(request, context.nowMs());
        const offered = who === undefined ? [] : all().filter((route) => route.offered(context.source));
        const paths = (wanted: TokenRole) => offered.filter(({ role }) => role === wanted).map(({ path }) => path);
        const { configured } = access.tokens;
        const { name = null, role = null } = who ?? {};
        return json(200, { name, role, tokens: configured, actions: paths('operator'), reads: paths('viewer') });
      },
      { role: undefined },
    ),
  ];
}
