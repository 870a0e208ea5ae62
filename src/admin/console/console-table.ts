import type { ConsoleDesk } from './console-desk.js';
import type { Value } from './result.js';

/** A table that can be asked with SELECT, and by `SHOW NAME`. */
export interface ConsoleTable {
  readonly name: string;
  readonly about: string;
  readonly columns: readonly string[];
  rows(desk: ConsoleDesk): Promise<readonly (readonly Value[])[]>;
}

/** Any JSON member as a value of a table. */
export function asValue(member: unknown): Value {
  if (member === undefined || member === null) return null;
  if (typeof member === 'number' || typeof member === 'string') return member;
  if (typeof member === 'boolean') return member ? 1 : 0;
  return JSON.stringify(member);
}

/**
 * A table made of the objects in a list of the API's answer.
 * @param fields column by column the member it shows, or how it is made
 */
export function listTable<Item>(
  name: string,
  about: string,
  list: (desk: ConsoleDesk) => Promise<readonly Item[]>,
  fields: Readonly<Record<string, (item: Item) => unknown>>,
): ConsoleTable {
  return {
    name,
    about,
    columns: Object.keys(fields),
    async rows(desk) {
      return (await list(desk)).map((item) => Object.values(fields).map((field) => asValue(field(item))));
    },
  };
}
