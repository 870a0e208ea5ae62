import type { QueryParameter } from './admin-route.js';
import { COUNT, type JsonSchema } from './json-schema.js';

/** What a long list may be asked for with. */
export const PART_QUERY: readonly QueryParameter[] = [
  { name: 'limit', about: 'At most so many entries; default: all.' },
  { name: 'match', about: 'Only entries one of whose fields holds this text, in upper or lower case.' },
  { name: 'sort', about: 'Name of a field; with - before it the largest first. Lists go by their length.' },
];

/** How many entries there are in all, and how many of them match. */
export const PART_COUNTS: Readonly<Record<string, JsonSchema>> = { total: COUNT, matching: COUNT };

export interface ListPart<T> {
  readonly rows: readonly T[];
  readonly total: number;
  readonly matching: number;
}

/**
 * The part of a list that a query asks for (see `PART_QUERY`), put in order before it is cut. A field that no entry has leaves the order as it is.
 * @returns a text that says what is wrong with the query
 */
export function partOf<T extends object>(list: readonly T[], query: URLSearchParams): ListPart<T> | string {
  const limitText = query.get('limit');
  const limit = limitText === null ? Number.POSITIVE_INFINITY : Number(limitText);
  if (limitText !== null && !/^[1-9]\d{0,5}$/.test(limitText)) return 'limit must be a number from 1 to 999999';
  const wanted = (query.get('match') ?? '').toLowerCase();
  const found = wanted === '' ? [...list] : list.filter((entry) => holds(entry, wanted));
  const sort = query.get('sort') ?? '';
  const [key, sign] = sort.startsWith('-') ? [sort.slice(1), -1] : [sort, 1];
  if (key !== '') found.sort((a, b) => sign * compare(rank(a, key), rank(b, key)));
  return { rows: found.slice(0, limit), total: list.length, matching: found.length };
}

function holds(value: unknown, wanted: string): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some((each) => holds(each, wanted));
  return value !== undefined && value !== null && String(value).toLowerCase().includes(wanted);
}

function rank(entry: object, key: string): number | string | undefined {
  const value: unknown = (entry as Record<string, unknown>)[key];
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' || typeof value === 'string' ? value : undefined;
}

/** What is missing comes first. */
function compare(a: number | string | undefined, b: number | string | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}
