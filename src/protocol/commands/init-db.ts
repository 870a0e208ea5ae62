import { Command } from '../commands.js';
import { type DatabaseRequest, decodeDatabase, encodeDatabase } from './database.js';

/** COM_INIT_DB: choose the current database. */
export function decodeInitDb(payload: Buffer): DatabaseRequest {
  return decodeDatabase(payload, Command.INIT_DB);
}

export function encodeInitDb(request: DatabaseRequest): Buffer {
  return encodeDatabase(request, Command.INIT_DB);
}
