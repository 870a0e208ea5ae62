import type { JsonNode } from '../json/node.js';
import { didYouMean } from '../nearest-name.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, orReference, type Report, shown, textOf } from './kind.js';

/** One of a few words. */
export function choice<const T extends string>(...words: readonly T[]): Kind<T> {
  const list = words.map((word) => `"${word}"`).join(', ');
  return {
    unit: '',
    text: words.map((word) => `\`${word}\``).join(' or '),
    read(node: JsonNode, path: KeyPath, report: Report): T | undefined {
      const value = textOf(node, path, report, words.length === 1 ? list : `one of ${list}`);
      if (value === undefined || node.kind !== 'string') return undefined;
      const word = words.find((known) => known === value);
      if (word !== undefined) return word;
      const hint = node.referenced ? '' : didYouMean(value, words);
      report(path, `${shown(node)} is not known here${hint}; ${words.length === 1 ? 'only' : 'one of'} ${list}`, node);
      return undefined;
    },
    schema(): JsonSchema {
      return orReference({ enum: words });
    },
  };
}
