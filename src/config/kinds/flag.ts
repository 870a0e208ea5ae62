import { describeNode, type JsonNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, orReference, type Report } from './kind.js';

/** `true` or `false`. */
export function flag(): Kind<boolean> {
  return {
    unit: '',
    text: '`true` or `false`',
    read(node: JsonNode, path: KeyPath, report: Report): boolean | undefined {
      if (node.kind === 'boolean') return node.value;
      if (node.kind === 'string' && node.referenced && /^(true|false)$/.test(node.value)) return node.value === 'true';
      report(path, `true or false (without quotes) is expected here, not ${describeNode(node)}`, node);
      return undefined;
    },
    schema(): JsonSchema {
      return orReference({ type: 'boolean' });
    },
  };
}
