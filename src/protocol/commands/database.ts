import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import type { Command } from '../commands.js';

/** COM_INIT_DB, and COM_CREATE_DB and COM_DROP_DB of old: a database name up to the end. */
export interface DatabaseRequest {
  readonly database: string;
}

type DatabaseCommand = typeof Command.INIT_DB | typeof Command.CREATE_DB | typeof Command.DROP_DB;

const PACKET = 'database';

export function decodeDatabase(payload: Buffer, command: DatabaseCommand): DatabaseRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(command);
  return { database: reader.rest().toString('utf8') };
}

export function encodeDatabase(request: DatabaseRequest, command: DatabaseCommand): Buffer {
  return new ByteWriter(PACKET).u8(command).text(request.database).finish();
}
