import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { has, MariadbCapability } from './capabilities.js';

/** A column of a result or a parameter of a prepared statement (ColumnDefinition41). */
export interface ColumnDefinition {
  /** `def` in every known server. */
  readonly catalog: string;
  readonly schema: string;
  /** Alias and real name of table and column; the real ones are empty for expressions. */
  readonly table: string;
  readonly orgTable: string;
  readonly name: string;
  readonly orgName: string;
  /** MariaDB with EXTENDED_METADATA: pairs of kind (0 type name, 1 format name) and text, as they came; else empty. */
  readonly extendedType: Buffer;
  readonly charset: number;
  /** Longest value in bytes. */
  readonly length: number;
  /** One of FieldType. */
  readonly type: number;
  readonly flags: number;
  readonly decimals: number;
  /** Only in the answer to COM_FIELD_LIST. */
  readonly defaultValue?: Buffer | null;
}

const PACKET = 'column-definition';
const FIXED_SIZE = 12;

export function decodeColumnDefinition(payload: Buffer, mariadbCapabilities = 0): ColumnDefinition {
  const reader = new ByteReader(payload, PACKET);
  const names = {
    catalog: reader.lenencText(),
    schema: reader.lenencText(),
    table: reader.lenencText(),
    orgTable: reader.lenencText(),
    name: reader.lenencText(),
    orgName: reader.lenencText(),
  };
  const extendedType = has(mariadbCapabilities, MariadbCapability.EXTENDED_METADATA) ? reader.lenencBytes() : Buffer.alloc(0);
  const fixedSize = reader.count();
  if (fixedSize !== FIXED_SIZE) throw reader.malformed(`${fixedSize} bytes of fixed fields, not ${FIXED_SIZE}`);
  const fixed = { charset: reader.u16(), length: reader.u32(), type: reader.u8(), flags: reader.u16(), decimals: reader.u8() };
  reader.skip(2);
  const definition = { ...names, extendedType, ...fixed };
  return reader.remaining > 0 ? { ...definition, defaultValue: reader.nullableBytes() } : definition;
}

export function encodeColumnDefinition(column: ColumnDefinition, mariadbCapabilities = 0): Buffer {
  const writer = new ByteWriter(PACKET);
  const { catalog, schema, table, orgTable, name, orgName } = column;
  for (const text of [catalog, schema, table, orgTable, name, orgName]) writer.lenencText(text);
  if (has(mariadbCapabilities, MariadbCapability.EXTENDED_METADATA)) writer.lenencBytes(column.extendedType);
  writer.lenenc(FIXED_SIZE).u16(column.charset).u32(column.length).u8(column.type).u16(column.flags).u8(column.decimals).zeros(2);
  if (column.defaultValue !== undefined) writer.nullableBytes(column.defaultValue);
  return writer.finish();
}
