import { describeNode, type Json, type JsonNode, type ObjectNode, toNode } from '../json/node.js';
import { didYouMean } from '../nearest-name.js';
import type { KeyPath } from '../problem.js';
import type { JsonSchema, Kind, Report, Unit } from './kind.js';

/** One key of a section: its kind, what happens when it is absent, and the words of its reference. */
export interface Key<T, U extends Unit = Unit> {
  readonly kind: Kind<Exclude<T, undefined>, U>;
  readonly about: string;
  /** Whether a change takes effect at a reload; so do all keys below one that is. */
  readonly reloadable: boolean;
  readonly required: boolean;
  /** What stands for an absent key, as it would be written. */
  readonly fallback: Json | undefined;
  /** The default in words, where it is no fixed value. */
  readonly fallbackText: string | undefined;
  /** What the example file shows; the default where there is none, and nothing (not shown) where there is neither. */
  readonly example: Json | undefined;
}

interface KeyOptions {
  readonly reloadable?: true;
  readonly example?: Json;
  readonly fallbackText?: string;
}

/** A key that must be there. */
export function required<T, U extends Unit>(kind: Kind<T, U>, about: string, options: KeyOptions = {}): Key<T, U> {
  return key(kind as Kind<Exclude<T, undefined>, U>, about, options, true, undefined);
}

/** A key that may be absent; then its value is undefined. */
export function optional<T, U extends Unit>(kind: Kind<T, U>, about: string, options: KeyOptions = {}): Key<T | undefined, U> {
  return key(kind as Kind<Exclude<T, undefined>, U>, about, options, false, undefined);
}

/** A key that has a default, given as it would be written. */
export function defaulted<T, U extends Unit>(kind: Kind<T, U>, fallback: Json, about: string, options: KeyOptions = {}): Key<T, U> {
  return key(kind as Kind<Exclude<T, undefined>, U>, about, options, false, fallback);
}

function key<T, U extends Unit>(
  kind: Kind<Exclude<T, undefined>, U>,
  about: string,
  options: KeyOptions,
  isRequired: boolean,
  fallback: Json | undefined,
): Key<T, U> {
  const { reloadable = false, example, fallbackText } = options;
  return { kind, about, reloadable, required: isRequired, fallback, fallbackText, example };
}

// biome-ignore lint/suspicious/noExplicitAny: a declaration holds keys of every type; `Parsed` gives each its own back.
export type Keys = { readonly [name: string]: Key<any, Unit> };

/** What a key is called in the typed configuration: `interval` becomes `intervalMs`, `memory` `memoryBytes`, `maxBytes` stays. */
type PropertyName<Name extends string, K> =
  K extends Key<infer _T, infer U> ? (U extends 'Bytes' ? (Name extends `${string}Bytes` ? Name : `${Name}Bytes`) : `${Name}${U}`) : Name;

/** The typed configuration of a section. */
export type Parsed<S extends Keys> = {
  readonly [Name in keyof S & string as PropertyName<Name, S[Name]>]: S[Name] extends Key<infer T, infer _U> ? T : never;
};

/** An object with known keys; also one that may be written as plain text, standing for its one key `shorthand`. */
export interface Section<S extends Keys> extends Kind<Parsed<S>> {
  readonly keys: S;
  readonly shorthand: string | undefined;
}

/** Declares an object with these keys. Absent keys get their defaults, unknown ones are errors. */
export function section<const S extends Keys>(keys: S, shorthand?: keyof S & string): Section<S> {
  return {
    unit: '',
    text: shorthand === undefined ? 'object' : `object, or just its \`${shorthand}\` as text`,
    keys,
    shorthand,
    read(node: JsonNode, path: KeyPath, report: Report): Parsed<S> | undefined {
      if (node.kind === 'object') return readMembers(keys, node, path, report) as Parsed<S> | undefined;
      if (node.kind === 'string' && shorthand !== undefined) {
        const members = new Map([[shorthand as string, { place: node.place, value: node }]]);
        return readMembers(keys, { kind: 'object', place: node.place, members }, path, report) as Parsed<S> | undefined;
      }
      report(path, `an object {…} is expected here, not ${describeNode(node)}`, node);
      return undefined;
    },
    schema: () => sectionSchema(keys, shorthand),
  };
}

/** What a key is called in the typed configuration. */
export function propertyName(name: string, unit: Unit): string {
  return unit === 'Bytes' && name.endsWith('Bytes') ? name : name + unit;
}

/**
 * Reads all keys. A wrong value is reported and its default taken instead, so that the checks that come after can go on and everything
 * is reported at once; only a required value that is missing or wrong makes the section undefined.
 */
function readMembers(keys: Keys, node: ObjectNode, path: KeyPath, report: Report): Record<string, unknown> | undefined {
  let whole = true;
  const values: Record<string, unknown> = {};
  for (const [name, member] of node.members) {
    if (Object.hasOwn(keys, name)) continue;
    report([...path, name], `unknown key${didYouMean(name, Object.keys(keys))}`, { ...member.value, place: member.place });
  }
  for (const [name, declared] of Object.entries(keys)) {
    const given = node.members.get(name);
    const keyPath = [...path, name];
    let value = given === undefined ? undefined : declared.kind.read(given.value, keyPath, report);
    if (value === undefined && declared.fallback !== undefined) {
      value = declared.kind.read(toNode(declared.fallback, node.place), keyPath, report);
    }
    if (value === undefined && declared.required) {
      if (given === undefined) report(keyPath, `missing; ${declared.about}`, node);
      whole = false;
    }
    values[propertyName(name, declared.kind.unit)] = value;
  }
  return whole ? values : undefined;
}

function sectionSchema(keys: Keys, shorthand: string | undefined): JsonSchema {
  const properties = Object.entries(keys).map(([name, { kind, about, fallback }]) => [
    name,
    { ...kind.schema(), description: about, ...(fallback === undefined || typeof fallback === 'object' ? {} : { default: fallback }) },
  ]);
  const needed = Object.keys(keys).filter((name) => keys[name]?.required);
  const object = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties),
    ...(needed.length > 0 ? { required: needed } : {}),
  };
  return shorthand === undefined ? object : { anyOf: [{ type: 'string', minLength: 1 }, object] };
}
