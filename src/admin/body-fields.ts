import type { JsonSchema } from './json-schema.js';

/** One member of a request's body. */
export interface BodyField {
  readonly type: 'string' | 'boolean' | 'integer';
  /** One sentence for `/openapi.json`. */
  readonly about: string;
  readonly required?: true;
  /** Of a string. */
  readonly values?: readonly string[];
  /** Of a string, in characters; default 1,000. */
  readonly maxLength?: number;
  /** Of an integer. */
  readonly minimum?: number;
  readonly maximum?: number;
}

export type BodyFields = Readonly<Record<string, BodyField>>;

/** A body that fits its fields. What was not sent is missing. */
export type Body = Readonly<Record<string, string | boolean | number | undefined>>;

const DEFAULT_MAX_LENGTH = 1_000;

/** @returns what is wrong: where, and what would be right; undefined: nothing */
export function bodyFault(fields: BodyFields, body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'the body is not a JSON object such as {"dryRun": true}';
  for (const name of Object.keys(body)) {
    if (Object.hasOwn(fields, name)) continue;
    const known = Object.keys(fields).map((one) => JSON.stringify(one));
    return `"${name.slice(0, 100)}" is not known here; known ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`;
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = (body as Record<string, unknown>)[name];
    if (value === undefined) {
      if (field.required === true) return `"${name}" is missing: ${field.about}`;
      continue;
    }
    const fault = valueFault(field, value);
    if (fault !== undefined) return `"${name}" ${fault}`;
  }
  return undefined;
}

function valueFault(field: BodyField, value: unknown): string | undefined {
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'string': {
      const { values, maxLength = DEFAULT_MAX_LENGTH } = field;
      if (values !== undefined) return values.includes(value as string) ? undefined : `must be one of ${values.join(', ')}`;
      if (typeof value !== 'string' || value === '') return 'must be a text';
      return value.length > maxLength ? `must have at most ${maxLength} characters` : undefined;
    }
    case 'integer': {
      const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = field;
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
      return fits ? undefined : `must be a whole number${rangeText(field)}`;
    }
  }
}

function rangeText({ minimum, maximum }: BodyField): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}

/** The same as a JSON schema. */
export function bodySchema(fields: BodyFields): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, { type, about, values, maxLength, minimum, maximum }]) => [
      name,
      {
        type,
        description: about,
        ...(values === undefined ? {} : { enum: values }),
        ...(type === 'string' && values === undefined ? { minLength: 1, maxLength: maxLength ?? DEFAULT_MAX_LENGTH } : {}),
        ...(minimum === undefined ? {} : { minimum }),
        ...(maximum === undefined ? {} : { maximum }),
      },
    ]),
  );
  const required = Object.keys(fields).filter((name) => fields[name]?.required === true);
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false };
}
