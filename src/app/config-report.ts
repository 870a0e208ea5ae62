import type { Config } from '../config/config.js';
import { referenceKeys } from '../config/generate/walk.js';
import { rootSection } from '../config/schema.js';

/** Names of keys that hold passwords or tokens, by the declaration of the configuration. */
const SECRET_NAMES: ReadonlySet<string> = new Set(
  referenceKeys(rootSection.keys)
    .filter(({ key }) => /never shown/.test(key.kind.text))
    .map(({ path }) => path.split('.').at(-1)?.replace('[]', '') ?? ''),
);

/** The configuration in force, defaults filled in, as the API shows it: durations in `…Ms`, sizes in `…Bytes`, secrets as `***`. */
export function configReport(config: Config): object {
  return masked(config) as object;
}

function masked(value: unknown, name = ''): unknown {
  if (value === undefined || value === null) return null;
  if ((SECRET_NAMES.has(name) || /password|secret/i.test(name)) && (typeof value === 'string' || isTexts(value))) return '***';
  if (value instanceof RegExp) return value.source;
  if (value instanceof Map) return masked(Object.fromEntries(value), name);
  if (value instanceof Set) return masked([...value], name);
  if (Array.isArray(value)) return value.map((each) => masked(each, name));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, masked(member, key)]));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
