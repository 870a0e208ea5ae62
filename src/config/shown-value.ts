import { type Address, formatAddress } from './address.js';
import type { Json } from './json/node.js';
import type { Kind } from './kinds/kind.js';
import { type Key, type Keys, propertyName, type Section } from './kinds/section.js';

/** A kind whose value must never be shown. */
function isSecret(kind: Key<unknown>['kind']): boolean {
  return kind.text.includes('never shown');
}

/**
 * A value of the typed configuration as it could be written in the file, secrets as `***`. Null: it is not set.
 * @param kind how the key is declared
 */
export function shownValue(kind: Key<unknown>['kind'], value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (isSecret(kind)) return '***';
  if ('keys' in kind && typeof value === 'object') return shownSection((kind as Section<Keys>).keys, value as Record<string, unknown>);
  if (Array.isArray(value)) {
    const element = 'element' in kind ? (kind as unknown as { element: Kind<unknown> }).element : kind;
    return value.map((each) => shownValue(element as Key<unknown>['kind'], each));
  }
  if (typeof value === 'number') return kind.unit === 'Ms' ? `${value}ms` : kind.unit === 'Bytes' ? `${value}B` : value;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return shownObject(value as object);
}

function shownSection(keys: Keys, values: Record<string, unknown>): Json {
  const shown = Object.entries(keys).map(([name, { kind }]) => [name, shownValue(kind, values[propertyName(name, kind.unit)])] as const);
  return Object.fromEntries(shown.filter(([, value]) => value !== null));
}

/** What is not plain: addresses, networks, patterns, maps. */
function shownObject(value: object): Json {
  if (value instanceof RegExp) return value.source;
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, each]) => [name, String(each)]));
  if (value instanceof Set) return [...value].map(String);
  if ('prefix' in value && 'address' in value) return `${String(value.address)}/${String(value.prefix)}`;
  if ('host' in value && 'port' in value) return formatAddress(value as Address);
  return JSON.parse(JSON.stringify(value)) as Json;
}
