import type { Kind } from '../kinds/kind.js';
import type { Key, Keys, Section } from '../kinds/section.js';

/** A key with the path it is written at, such as `clusters.NAME.monitor.interval`. */
export interface DeclaredKey {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: the values' types do not matter where only texts are read.
  readonly key: Key<any>;
  /** A change takes effect at a reload: its own, or that of a key above it. */
  readonly reloadable: boolean;
}

/** The keys below a kind: of the section itself, or of the elements of a list or map. */
export function keysBelow(kind: Kind<unknown, never> | Key<unknown>['kind']): { keys: Keys; step: string } | undefined {
  if ('keys' in kind) return { keys: (kind as Section<Keys>).keys, step: '' };
  if (!('element' in kind)) return undefined;
  const element = (kind as { element: Kind<unknown> }).element;
  return 'keys' in element ? { keys: (element as Section<Keys>).keys, step: kind.text.startsWith('list') ? '[]' : '.NAME' } : undefined;
}

/** Every key that has a value of its own or is a list, in the order of the declaration, under `keys`. */
export function referenceKeys(keys: Keys, prefix = '', above = false): readonly DeclaredKey[] {
  return Object.entries(keys).flatMap(([name, key]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const below = keysBelow(key.kind);
    const reloadable = above || key.reloadable;
    if (below === undefined) return [{ path, key, reloadable }];
    const itself = below.step === '[]' && prefix !== '' ? [{ path, key, reloadable }] : [];
    return [...itself, ...referenceKeys(below.keys, path + below.step, reloadable)];
  });
}
