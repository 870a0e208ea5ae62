import { bitmapSize, isNull, nullBitmap, readBinaryValue, writeBinaryValue } from '../binary-value.js';
import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Capability, has } from '../capabilities.js';
import { Command } from '../commands.js';
import { type ParameterType, readParameterTypes, writeParameterTypes } from '../parameter-types.js';

/** A named value that travels with a statement. */
export interface QueryAttribute extends ParameterType {
  /** In the binary form of its type, without length; null for NULL. */
  readonly value: Buffer | null;
}

/** COM_QUERY. */
export interface QueryRequest {
  readonly sql: Buffer;
  /** Empty where QUERY_ATTRIBUTES was not agreed. */
  readonly attributes: readonly QueryAttribute[];
}

const PACKET = 'query';

export function decodeQuery(payload: Buffer, capabilities: number): QueryRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.QUERY);
  const attributes = has(capabilities, Capability.QUERY_ATTRIBUTES) ? readAttributes(reader) : [];
  return { sql: reader.rest(), attributes };
}

export function encodeQuery(request: QueryRequest, capabilities: number): Buffer {
  const writer = new ByteWriter(PACKET).u8(Command.QUERY);
  if (has(capabilities, Capability.QUERY_ATTRIBUTES)) writeAttributes(writer, request.attributes);
  return writer.bytes(request.sql).finish();
}

/** The statement's text, as a view on the payload. */
export function sqlOf(payload: Buffer, capabilities: number): Buffer {
  // Nearly every statement has no attributes: then the text begins at a fixed place.
  if (!has(capabilities, Capability.QUERY_ATTRIBUTES)) return payload.subarray(1);
  if (payload[1] === 0 && payload[2] === 1) return payload.subarray(3);
  return decodeQuery(payload, capabilities).sql;
}

function readAttributes(reader: ByteReader): QueryAttribute[] {
  const count = reader.count();
  const sets = reader.count();
  if (sets !== 1) throw reader.malformed(`${sets} sets of attributes, not 1`);
  if (count === 0) return [];
  const bitmap = reader.bytes(bitmapSize(count));
  if (reader.u8() !== 1) throw reader.malformed('attributes without their types');
  const types = readParameterTypes(reader, count, true);
  return types.map((type, index) => ({ ...type, value: isNull(bitmap, index) ? null : readBinaryValue(reader, type.type) }));
}

function writeAttributes(writer: ByteWriter, attributes: readonly QueryAttribute[]): void {
  writer.lenenc(attributes.length).lenenc(1);
  if (attributes.length === 0) return;
  writer.bytes(nullBitmap(attributes.map((attribute) => attribute.value))).u8(1);
  writeParameterTypes(writer, attributes, true);
  for (const { type, value } of attributes) {
    if (value !== null) writeBinaryValue(writer, type, value);
  }
}
