import type { AdminRoute } from './admin-route.js';
import { bodySchema } from './body-fields.js';

const ERROR_SCHEMA = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string', description: 'Stable, PM_ADMIN_…' }, message: { type: 'string' } },
    },
  },
};

function errorResponse(description: string): object {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } };
}

/** The OpenAPI 3.1 description of exactly the given routes. */
export function openApi(routes: readonly AdminRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] as object, { [route.method.toLowerCase()]: operation(route) });
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Pointsman', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: { Error: ERROR_SCHEMA },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Needed where a token is configured.' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'pointsman_session', description: 'Of a browser that logged in.' },
      },
    },
  };
}

function operation(route: AdminRoute): object {
  const { method, path, summary, role, fields } = route;
  const name = path === '/' ? 'page' : path.replace(/^\/(api\/v1\/)?/, '').replace(/\W+/g, '_');
  // Without a configured token reading needs none: an empty requirement beside the real ones.
  const security = role === undefined ? [] : [{ bearer: [] }, { cookie: [] }, ...(role === 'viewer' ? [{}] : [])];
  return {
    operationId: name.replace(/_$/, ''),
    summary,
    ...(role === undefined ? {} : { 'x-role': role }),
    parameters: parameters(route),
    ...(method === 'POST' ? { requestBody: { content: { 'application/json': { schema: bodySchema(fields) } } } } : {}),
    security,
    responses: responses(route),
  };
}

function parameters({ path, query }: AdminRoute): object[] {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const asked = query.map((one) => ({
    name: one.name,
    in: 'query',
    description: one.about,
    ...(one.required === true ? { required: true } : {}),
    schema: { type: 'string', ...(one.values === undefined ? {} : { enum: one.values }) },
  }));
  return [...named, ...asked];
}

function responses({ method, path, role, query, schema, contentType, statuses }: AdminRoute): Record<string, object> {
  const content = { [contentType]: schema === undefined ? {} : { schema } };
  const all: Record<string, object> = { 200: { description: 'As asked.', content } };
  if (query.length > 0) all[400] = errorResponse('A parameter is missing or has a value that is not known.');
  if (method === 'POST') {
    all[400] = errorResponse('The body is no JSON, or a member of it is missing, not known, or has a wrong value.');
    all[408] = errorResponse('The body came too slowly.');
    all[413] = errorResponse('The body is too large.');
    all[415] = errorResponse('The body is not sent as application/json.');
  }
  if (role !== undefined) {
    all[401] = errorResponse('No token, or a wrong one.');
    all[403] = errorResponse('The token allows less, or a browser was made to ask by a page of others.');
    all[429] = errorResponse('Too fast; Retry-After says when to come back.');
  }
  for (const [status, about] of Object.entries(statuses)) {
    // /readyz says why in the same form as when it is ready.
    all[status] = path === '/readyz' ? { description: about, content } : errorResponse(about);
  }
  return all;
}
