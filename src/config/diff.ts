import type { Config } from './config.js';
import type { Json } from './json/node.js';
import { type Key, type Keys, propertyName, type Section } from './kinds/section.js';
import { innerKeys, isNamedList, isReordered, isSame, isValues, type NamedValues } from './matched-keys.js';
import { rootSection } from './schema.js';
import { shownValue } from './shown-value.js';

/** One key that two configurations have differently. */
export interface ConfigChange {
  /** `clusters.main.backends[db2].weight`: elements of lists by their names. */
  readonly key: string;
  readonly change: 'added' | 'removed' | 'changed' | 'order';
  /** As it could be written, secrets as `***`; null: not set. */
  readonly old: Json;
  readonly new: Json;
  /** Takes effect at a reload; else only at a restart or an upgrade. */
  readonly reloadable: boolean;
}

/** What has to change in `before` to have `after`, key by key, in the order of the declaration. Empty: they say the same. */
export function configChanges(before: Config, after: Config): readonly ConfigChange[] {
  return sectionChanges(rootSection.keys, before as never, after as never, '', false);
}

type Values = Readonly<Record<string, unknown>>;

function sectionChanges(keys: Keys, before: Values, after: Values, path: string, reloadable: boolean): readonly ConfigChange[] {
  return Object.entries(keys).flatMap(([name, key]) => {
    const property = propertyName(name, key.kind.unit);
    const at = path === '' ? name : `${path}.${name}`;
    return keyChanges(key, before[property], after[property], at, reloadable || key.reloadable);
  });
}

function keyChanges(key: Key<unknown>, before: unknown, after: unknown, at: string, reloadable: boolean): readonly ConfigChange[] {
  if (isSame(before, after)) return [];
  const inner = innerKeys(key.kind);
  if (inner !== undefined && isNamedList(before) && isNamedList(after)) return listChanges(key, inner, before, after, at, reloadable);
  if (inner !== undefined && isValues(before) && isValues(after)) return sectionChanges(inner, before, after, at, reloadable);
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  return [{ key: at, change, old: shownValue(key.kind, before), new: shownValue(key.kind, after), reloadable }];
}

function listChanges(
  { kind }: Key<unknown>,
  keys: Keys,
  before: readonly NamedValues[],
  after: readonly NamedValues[],
  at: string,
  reloadable: boolean,
): readonly ConfigChange[] {
  const element = (kind as unknown as { element: Section<Keys> }).element as Key<unknown>['kind'];
  // The clusters are written as an object.
  const place = (name: string) => (kind.text.startsWith('list') ? `${at}[${name}]` : `${at}.${name}`);
  const earlier = new Map(before.map((each) => [each.name, each]));
  const later = new Map(after.map((each) => [each.name, each]));
  const changes: ConfigChange[] = [];
  for (const [name, value] of earlier) {
    const now = later.get(name);
    if (now !== undefined) changes.push(...sectionChanges(keys, value, now, place(name), reloadable));
    else changes.push({ key: place(name), change: 'removed', old: shownValue(element, value), new: null, reloadable });
  }
  for (const [name, value] of later) {
    if (!earlier.has(name)) changes.push({ key: place(name), change: 'added', old: null, new: shownValue(element, value), reloadable });
  }
  if (isReordered(before, after)) {
    changes.push({ key: at, change: 'order', old: before.map(({ name }) => name), new: after.map(({ name }) => name), reloadable });
  }
  return changes;
}
