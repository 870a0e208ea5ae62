import { parseDistinguishedName, type SubjectAttributes } from '../distinguished-name.js';
import type { JsonNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, type Report, textOf } from './kind.js';

/** The name of a certificate's subject. */
export function subjectName(): Kind<SubjectAttributes> {
  return {
    unit: '',
    text: 'subject such as `CN=app,O=Example` or `/O=Example/CN=app`',
    read(node: JsonNode, path: KeyPath, report: Report): SubjectAttributes | undefined {
      const value = textOf(node, path, report, 'text');
      if (value === undefined) return undefined;
      const result = parseDistinguishedName(value);
      if (typeof result !== 'string') return result;
      report(path, result, node);
      return undefined;
    },
    schema: (): JsonSchema => ({ type: 'string', minLength: 1 }),
  };
}
