import { describeNode, type JsonNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';
import type { JsonSchema, Kind, Report } from './kind.js';

/** A list of values of one kind. */
export interface List<T> extends Kind<readonly T[]> {
  readonly element: Kind<T>;
}

/** An object whose keys are names of the user's choice. */
export interface Named<T> extends Kind<Readonly<Record<string, T>>> {
  readonly element: Kind<T>;
}

/** A list; `atLeast` elements, `of` names them in messages ("backend"). */
export function listOf<T>(element: Kind<T>, of: string, atLeast = 0): List<T> {
  return {
    unit: '',
    text: `list of ${of}s`,
    element,
    read(node: JsonNode, path: KeyPath, report: Report): readonly T[] | undefined {
      if (node.kind !== 'array') {
        report(path, `a list […] of ${of}s is expected here, not ${describeNode(node)}`, node);
        return undefined;
      }
      if (node.elements.length < atLeast) report(path, `at least ${atLeast === 1 ? 'one' : atLeast} ${of} is needed`, node);
      const values = node.elements.map((value, index) => element.read(value, [...path, index], report));
      return values.includes(undefined) || values.length < atLeast ? undefined : (values as T[]);
    },
    schema(): JsonSchema {
      return { type: 'array', items: element.schema(), ...(atLeast > 0 ? { minItems: atLeast } : {}) };
    },
  };
}

/** One value, or a list of at least one; yields the list. */
export function oneOrMore<T>(element: Kind<T>, of: string): List<T> {
  const list = listOf(element, of, 1);
  return {
    ...list,
    text: `${element.text}, or a list of them`,
    read(node: JsonNode, path: KeyPath, report: Report): readonly T[] | undefined {
      if (node.kind === 'array') return list.read(node, path, report);
      const value = element.read(node, path, report);
      return value === undefined ? undefined : [value];
    },
    schema: (): JsonSchema => ({ anyOf: [element.schema(), list.schema()] }),
  };
}

/** Names that appear as keys: of clusters. */
const NAME = /^[A-Za-z0-9_][\w.-]{0,63}$/;

/** An object from names to values of one kind, at least one. */
export function namedMap<T>(element: Kind<T>, of: string): Named<T> {
  return {
    unit: '',
    text: `object: name of each ${of} and its settings`,
    element,
    read(node: JsonNode, path: KeyPath, report: Report): Readonly<Record<string, T>> | undefined {
      if (node.kind !== 'object') {
        report(path, `an object {…} with a name for each ${of} is expected here, not ${describeNode(node)}`, node);
        return undefined;
      }
      if (node.members.size === 0) report(path, `at least one ${of} is needed`, node);
      const values = new Map<string, T | undefined>();
      for (const [name, member] of node.members) {
        if (!NAME.test(name)) report([...path, name], 'a name has only letters, digits, _ . and -, at most 64', member.value);
        values.set(name, element.read(member.value, [...path, name], report));
      }
      const whole = values.size > 0 && ![...values.values()].includes(undefined);
      return whole ? (Object.fromEntries(values) as Record<string, T>) : undefined;
    },
    schema(): JsonSchema {
      return { type: 'object', minProperties: 1, additionalProperties: element.schema() };
    },
  };
}
