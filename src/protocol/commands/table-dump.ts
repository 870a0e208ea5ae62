import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_TABLE_DUMP: from the replication of MySQL 4; servers of today refuse it. */
export interface TableDumpRequest {
  readonly database: string;
  readonly table: string;
}

const PACKET = 'table-dump';

export function decodeTableDump(payload: Buffer): TableDumpRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.TABLE_DUMP);
  const text = () => reader.bytes(reader.u8()).toString('utf8');
  return { database: text(), table: text() };
}

export function encodeTableDump(request: TableDumpRequest): Buffer {
  const writer = new ByteWriter(PACKET).u8(Command.TABLE_DUMP);
  return writer.shortBytes(Buffer.from(request.database)).shortBytes(Buffer.from(request.table)).finish();
}
