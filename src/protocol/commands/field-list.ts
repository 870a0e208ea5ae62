import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_FIELD_LIST: column definitions of a table, with defaults. */
export interface FieldListRequest {
  readonly table: string;
  /** Column pattern as in LIKE; empty for all. */
  readonly wildcard: string;
}

const PACKET = 'field-list';

export function decodeFieldList(payload: Buffer): FieldListRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.FIELD_LIST);
  return { table: reader.nulText(), wildcard: reader.rest().toString('utf8') };
}

export function encodeFieldList(request: FieldListRequest): Buffer {
  return new ByteWriter(PACKET).u8(Command.FIELD_LIST).nulText(request.table).text(request.wildcard).finish();
}
