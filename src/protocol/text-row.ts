import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** A row as COM_QUERY returns it: every value as text, or null. */
export type TextRow = readonly (Buffer | null)[];

const PACKET = 'text-row';

export function decodeTextRow(payload: Buffer): TextRow {
  const reader = new ByteReader(payload, PACKET);
  const values: (Buffer | null)[] = [];
  while (reader.remaining > 0) values.push(reader.nullableBytes());
  return values;
}

export function encodeTextRow(row: TextRow): Buffer {
  const writer = new ByteWriter(PACKET);
  for (const value of row) writer.nullableBytes(value);
  return writer.finish();
}
