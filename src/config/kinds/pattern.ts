import { PatternError } from '../../routing/pattern/pattern-error.js';
import { rulePattern } from '../../routing/rules/rule-pattern.js';
import type { JsonNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, type Report, textOf } from './kind.js';

/** A regular expression, as `routing/pattern` reads them; errors say at which character. */
export function regularExpression(): Kind<string> {
  return {
    unit: '',
    text: 'regular expression',
    read(node: JsonNode, path: KeyPath, report: Report): string | undefined {
      const value = textOf(node, path, report, 'text');
      if (value === undefined) return undefined;
      if (value === '') report(path, 'the text is empty; leave the key out or write something', node);
      else {
        try {
          rulePattern(value);
          return value;
        } catch (error) {
          if (!(error instanceof PatternError)) throw error;
          report(path, error.message, node);
        }
      }
      return undefined;
    },
    schema: (): JsonSchema => ({ type: 'string', minLength: 1 }),
  };
}
