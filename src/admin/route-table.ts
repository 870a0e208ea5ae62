import type { AdminRoute } from './admin-route.js';

/** A route and what stands in its braces. */
export interface RouteMatch {
  readonly route: AdminRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** @returns undefined: nothing is at this path; `allow`: it has only these methods */
export function findRoute(
  routes: readonly AdminRoute[],
  method: string,
  path: string,
): RouteMatch | { readonly allow: readonly string[] } | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  const segments = path.split('/');
  const allow = new Set<string>();
  for (const route of routes) {
    const params = paramsOf(route.path.split('/'), segments);
    if (params === undefined) continue;
    if (route.method === asked) return { route, params };
    for (const name of route.method === 'GET' ? ['GET', 'HEAD'] : ['POST']) allow.add(name);
  }
  return allow.size === 0 ? undefined : { allow: [...allow] };
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const given = segments[index] as string;
    if (!part.startsWith('{')) {
      if (part !== given) return undefined;
      continue;
    }
    const value = decoded(given);
    if (value === undefined || value === '') return undefined;
    params[part.slice(1, -1)] = value;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
