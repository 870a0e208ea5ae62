/** Where a value stands; `line` and `column` from 1, or 0 where the source is an option or an environment variable. */
export interface Place {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** A JSON value that remembers where it was written. */
export type JsonNode = ObjectNode | ArrayNode | StringNode | NumberNode | BooleanNode | NullNode;

export interface ObjectNode {
  readonly kind: 'object';
  readonly place: Place;
  readonly members: ReadonlyMap<string, Member>;
}

export interface Member {
  /** Where the key itself stands. */
  readonly place: Place;
  readonly value: JsonNode;
}

export interface ArrayNode {
  readonly kind: 'array';
  readonly place: Place;
  readonly elements: readonly JsonNode[];
}

export interface StringNode {
  readonly kind: 'string';
  readonly place: Place;
  /** The text with its `${…}` references replaced. */
  readonly value: string;
  /** True when a reference was replaced in it: then the value may be a secret and is never shown. */
  readonly referenced: boolean;
}

export interface NumberNode {
  readonly kind: 'number';
  readonly place: Place;
  readonly value: number;
}

export interface BooleanNode {
  readonly kind: 'boolean';
  readonly place: Place;
  readonly value: boolean;
}

export interface NullNode {
  readonly kind: 'null';
  readonly place: Place;
}

/** A plain JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A plain value as nodes that all stand at one place: defaults, and settings that come from the command line. */
export function toNode(value: Json, place: Place): JsonNode {
  if (value === null) return { kind: 'null', place };
  if (typeof value === 'string') return { kind: 'string', place, value, referenced: false };
  if (typeof value === 'number') return { kind: 'number', place, value };
  if (typeof value === 'boolean') return { kind: 'boolean', place, value };
  if (Array.isArray(value)) return { kind: 'array', place, elements: value.map((element: Json) => toNode(element, place)) };
  return {
    kind: 'object',
    place,
    members: new Map(Object.entries(value).map(([key, member]: [string, Json]) => [key, { place, value: toNode(member, place) }])),
  };
}

/** What a node is, for messages: `a list`, `text`. */
export function describeNode(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object {…}';
    case 'array':
      return 'a list […]';
    case 'string':
      return 'text';
    case 'number':
      return 'a number';
    case 'boolean':
      return String(node.value);
    case 'null':
      return 'null';
  }
}
