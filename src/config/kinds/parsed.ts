import type { JsonNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, type Report, textOf } from './kind.js';

/**
 * A text that stands for something else.
 * @param what is expected, in words
 * @param parse gives it, or says what is wrong
 */
export function parsed<T extends object>(what: string, parse: (value: string) => T | string): Kind<T> {
  return {
    unit: '',
    text: what,
    read(node: JsonNode, path: KeyPath, report: Report): T | undefined {
      const value = textOf(node, path, report, 'text');
      if (value === undefined) return undefined;
      const result = parse(value);
      if (typeof result !== 'string') return result;
      report(path, result, node);
      return undefined;
    },
    schema(): JsonSchema {
      return { type: 'string', minLength: 1 };
    },
  };
}
