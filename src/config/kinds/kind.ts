import { describeNode, type JsonNode, type StringNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';

/** What a value's name ends in where it is used: durations become `…Ms`, sizes `…Bytes`. */
export type Unit = '' | 'Ms' | 'Bytes';

/** A fragment of JSON schema (draft 7). */
export type JsonSchema = { readonly [key: string]: unknown };

/** Takes what is wrong with the value at `path`; `node` is the value's place. */
export type Report = (path: KeyPath, message: string, node: JsonNode) => void;

/**
 * How one sort of value is read, shown and described; a key's declaration names one. Everything that is derived from the declaration
 * (validation, types, JSON schema, reference) asks its kind.
 */
export interface Kind<T, U extends Unit = ''> {
  readonly unit: U;
  /** For the reference: `duration, 10ms to 1h`. */
  readonly text: string;
  /** The value, or undefined after `report` was told what is wrong. */
  read(node: JsonNode, path: KeyPath, report: Report): T | undefined;
  schema(): JsonSchema;
}

/** What a kind or anything made of kinds yields. */
export type ValueOf<K> = K extends Kind<infer T, infer _U extends Unit> ? T : never;

/**
 * The text of a string, of a number or boolean never: `wanted` says what should stand there. A key that takes a number also takes text
 * that came out of a `${…}` reference, because environment variables are text.
 */
export function textOf(node: JsonNode, path: KeyPath, report: Report, wanted: string): string | undefined {
  if (node.kind === 'string') return node.value;
  report(path, `${wanted} is expected here, not ${describeNode(node)}`, node);
  return undefined;
}

/** How a wrong value is shown: as it is, but never where it came out of a reference. */
export function shown(node: StringNode): string {
  if (node.referenced) return 'the value of its reference';
  return node.value.length > 60 ? `"${node.value.slice(0, 57)}…"` : `"${node.value}"`;
}

/** JSON schema of a value that may also be written as a `${…}` reference. */
export function orReference(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'string', pattern: '\\$\\{(env|file):[^}]+\\}' }] };
}
