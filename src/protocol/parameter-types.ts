import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** Declared type of a parameter of a prepared statement or of a query attribute. */
export interface ParameterType {
  /** One of FieldType. */
  readonly type: number;
  readonly unsigned: boolean;
  /** Only with QUERY_ATTRIBUTES; empty for a statement's own parameters. */
  readonly name: string;
}

const UNSIGNED = 0x80;

/** Reads `count` types, with names where query attributes were agreed. */
export function readParameterTypes(reader: ByteReader, count: number, named: boolean): ParameterType[] {
  // The count comes from the wire: see that the bytes can be there before anything is built.
  if (count * 2 > reader.remaining) throw reader.malformed(`${count} parameter types in ${reader.remaining} bytes`);
  const types: ParameterType[] = [];
  for (let index = 0; index < count; index += 1) {
    const type = reader.u8();
    const unsigned = (reader.u8() & UNSIGNED) !== 0;
    types.push({ type, unsigned, name: named ? reader.lenencText() : '' });
  }
  return types;
}

export function writeParameterTypes(writer: ByteWriter, types: readonly ParameterType[], named: boolean): void {
  for (const { type, unsigned, name } of types) {
    writer.u8(type).u8(unsigned ? UNSIGNED : 0);
    if (named) writer.lenencText(name);
  }
}
