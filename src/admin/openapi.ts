import type { AdminRoute } from './routes.js';

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
  return {
    openapi: '3.1.0',
    info: { title: 'Pointsman', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths: Object.fromEntries(routes.map((route) => [route.path, { get: operation(route) }])),
    components: {
      schemas: { Error: ERROR_SCHEMA },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'Needed where a token is configured.' } },
    },
  };
}

function operation({ path, summary, role, query, contentType }: AdminRoute): object {
  const name = path === '/' ? 'page' : path.replace(/^\/(api\/v1\/)?/, '').replace(/\W+/g, '_');
  return {
    operationId: name,
    summary,
    parameters: query.map((one) => ({
      name: one.name,
      in: 'query',
      description: one.about,
      ...(one.required === true ? { required: true } : {}),
      schema: { type: 'string', ...(one.values === undefined ? {} : { enum: one.values }) },
    })),
    // An empty requirement beside the real one: without a configured token none is needed.
    security: role === undefined ? [] : [{ bearer: [] }, {}],
    responses: {
      200: { description: 'As asked.', content: { [contentType]: {} } },
      ...(query.length > 0 ? { 400: errorResponse('A parameter is missing or has a value that is not known.') } : {}),
      ...(role === undefined ? {} : { 401: errorResponse('No token, or a wrong one.'), 403: errorResponse('The token allows less.') }),
      ...(path === '/readyz' ? { 503: { description: 'Not ready; reasons say why.', content: { [contentType]: {} } } } : {}),
    },
  };
}
