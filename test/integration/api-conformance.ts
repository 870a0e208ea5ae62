import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Operation {
  readonly 'x-role'?: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>>;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required?: true }[];
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What is asked, and what stands in the braces of paths and for required parameters. */
export interface ApiUnderTest {
  readonly url: string;
  readonly token: string;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Calls everything that `/openapi.json` lists on a running Pointsman, actions as dry runs, and compares each answer with its description.
 * @returns what was called, as `GET /path 200`, and what was wrong
 */
export async function callEverything({ url, token, values }: ApiUnderTest): Promise<{ called: string[]; wrong: string[] }> {
  const api = (await (await fetch(`${url}/openapi.json`)).json()) as Description;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(api, 'api');
  const called: string[] = [];
  const wrong: string[] = [];
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      // A stream has no end; who logs in or out does not come from a script.
      if (path === '/api/v1/events' || path === '/api/v1/login' || path === '/api/v1/logout') continue;
      const query = operation.parameters.filter((one) => one.in === 'query' && one.required === true);
      const search = query.map(({ name }) => `${name}=${encodeURIComponent(values[name] ?? '')}`).join('&');
      const target = path.replace(/\{(\w+)\}/g, (_all, name: string) =>
        encodeURIComponent(values[valueName(path, name)] ?? values[name] ?? 'x'),
      );
      const response = await fetch(url + target + (search === '' ? '' : `?${search}`), {
        method: method.toUpperCase(),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(method === 'post' ? { body: '{"dryRun": true}' } : {}),
        signal: AbortSignal.timeout(30_000),
      });
      called.push(`${method.toUpperCase()} ${path} ${response.status}`);
      const fault = await compare(response, path, method, operation, ajv);
      if (fault !== undefined) wrong.push(`${method.toUpperCase()} ${path} ${response.status}: ${fault}`);
    }
  }
  return { called, wrong };
}

/** `{name}` means another thing below `clusters` than below `backends`. */
function valueName(path: string, name: string): string {
  return name === 'name' && path.includes('/clusters/') ? 'cluster' : name;
}

async function compare(response: Response, path: string, method: string, operation: Operation, ajv: Ajv2020): Promise<string | undefined> {
  const body = await response.text();
  const described = operation.responses[response.status];
  if (described === undefined) return `this status is not described; ${body.slice(0, 200)}`;
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const content = described.content ?? {};
  if (content[type] === undefined && content['*/*'] === undefined) return `the type ${type} is not described`;
  if (content[type]?.schema === undefined) return undefined;
  const pointer = [path, method, 'responses', String(response.status), 'content', type, 'schema'].map(escaped).join('/');
  const check = ajv.getSchema(`api#/paths/${pointer}`) as ValidateFunction | undefined;
  if (check === undefined) return 'its schema cannot be found';
  return check(JSON.parse(body)) ? undefined : ajv.errorsText(check.errors);
}

function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
