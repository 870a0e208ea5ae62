import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { FieldType } from './field-types.js';

/*
 * Values as COM_STMT_EXECUTE, query attributes and binary rows carry them. We move them, we do not interpret them: a value here is its
 * bytes without the length in front.
 */

/** Reads one value that is not NULL. `type` is the low byte of the parameter's type. */
export function readBinaryValue(reader: ByteReader, type: number): Buffer {
  const size = fixedSize(type);
  return size === undefined ? reader.lenencBytes() : reader.bytes(size);
}

export function writeBinaryValue(writer: ByteWriter, type: number, value: Uint8Array): void {
  if (fixedSize(type) === undefined) writer.lenencBytes(value);
  else writer.bytes(value);
}

/** Size in bytes of a value of this type; undefined where a length stands in front (texts, decimals, dates and times too). */
function fixedSize(type: number): number | undefined {
  switch (type) {
    case FieldType.NULL:
      return 0;
    case FieldType.TINY:
      return 1;
    case FieldType.SHORT:
    case FieldType.YEAR:
      return 2;
    case FieldType.LONG:
    case FieldType.INT24:
    case FieldType.FLOAT:
      return 4;
    case FieldType.LONGLONG:
    case FieldType.DOUBLE:
      return 8;
    default:
      return undefined;
  }
}

/** True when parameter or column `index` is NULL in `bitmap`. Bitmaps of binary rows begin at bit 2: add 2 there. */
export function isNull(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

/** Bytes a NULL bitmap takes for `count` parameters. */
export function bitmapSize(count: number): number {
  return (count + 7) >>> 3;
}

/** NULL bitmap for values of which some are null. */
export function nullBitmap(values: readonly (unknown | null)[]): Buffer {
  const bitmap = Buffer.alloc(bitmapSize(values.length));
  values.forEach((value, index) => {
    if (value === null) bitmap[index >>> 3] = (bitmap[index >>> 3] as number) | (1 << (index & 7));
  });
  return bitmap;
}
