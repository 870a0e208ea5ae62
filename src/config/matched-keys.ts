import { isDeepStrictEqual } from 'node:util';
import type { Key, Keys, Section } from './kinds/section.js';

type Values = Readonly<Record<string, unknown>>;

/** An element of a list that has a name by which it is recognised. */
export interface NamedValues extends Values {
  readonly name: string;
}

/** The keys of a kind's values where each is an object with keys of its own: of a section, or of the elements of a list or map. */
export function innerKeys(kind: Key<unknown>['kind']): Keys | undefined {
  if ('keys' in kind) return (kind as Section<Keys>).keys;
  const element = 'element' in kind ? (kind as unknown as { element: object }).element : undefined;
  return element !== undefined && 'keys' in element ? (element as Section<Keys>).keys : undefined;
}

/** Elements are recognised by name: such a list is compared element by element, any other as a whole. */
export function isNamedList(value: unknown): value is readonly NamedValues[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null && typeof each.name === 'string');
}

/** Plain objects of a section. */
export function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Two values of the configuration are the same; patterns, maps and addresses too. */
export function isSame(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(before, after);
}

/** The names that both have, in another order. */
export function isReordered(before: readonly NamedValues[], after: readonly NamedValues[]): boolean {
  const common = (one: readonly NamedValues[], other: readonly NamedValues[]) => {
    const names = new Set(other.map(({ name }) => name));
    return one.map(({ name }) => name).filter((name) => names.has(name));
  };
  return !isSame(common(before, after), common(after, before));
}
