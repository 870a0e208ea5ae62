import { describeNode, type JsonNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, orReference, type Report } from './kind.js';

/** A whole number from `lowest` to `highest`, both included. */
export function wholeNumber(lowest: number, highest: number): Kind<number> {
  return {
    unit: '',
    text: `whole number, ${lowest} to ${highest}`,
    read(node: JsonNode, path: KeyPath, report: Report): number | undefined {
      const value = numberOf(node);
      if (value === undefined) {
        const instead = node.kind === 'string' ? 'text; write it without quotes' : describeNode(node);
        report(path, `a whole number from ${lowest} to ${highest} is expected here, not ${instead}`, node);
      } else if (!Number.isInteger(value) || value < lowest || value > highest) {
        report(path, `the number must be whole and from ${lowest} to ${highest}`, node);
      } else return value;
      return undefined;
    },
    schema(): JsonSchema {
      return orReference({ type: 'integer', minimum: lowest, maximum: highest });
    },
  };
}

/** `auto`, or a whole number. */
export function autoOr(lowest: number, highest: number): Kind<number | 'auto'> {
  const number = wholeNumber(lowest, highest);
  return {
    unit: '',
    text: `\`auto\` or ${number.text}`,
    read(node: JsonNode, path: KeyPath, report: Report): number | 'auto' | undefined {
      if (node.kind === 'string' && node.value === 'auto') return 'auto';
      if (node.kind !== 'string' || node.referenced) return number.read(node, path, report);
      report(path, `"auto" or a whole number from ${lowest} to ${highest} is expected here`, node);
      return undefined;
    },
    schema(): JsonSchema {
      return { anyOf: [{ const: 'auto' }, number.schema()] };
    },
  };
}

function numberOf(node: JsonNode): number | undefined {
  if (node.kind === 'number') return node.value;
  if (node.kind === 'string' && node.referenced && /^-?\d+$/.test(node.value)) return Number(node.value);
  return undefined;
}
