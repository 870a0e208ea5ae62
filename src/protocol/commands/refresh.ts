import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_REFRESH: FLUSH of what the bits name (1 grants, 2 log, 4 tables, 8 hosts, 16 status ...). */
export interface RefreshRequest {
  readonly what: number;
}

const PACKET = 'refresh';

export function decodeRefresh(payload: Buffer): RefreshRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.REFRESH);
  return { what: reader.u8() };
}

export function encodeRefresh(request: RefreshRequest): Buffer {
  return new ByteWriter(PACKET).u8(Command.REFRESH).u8(request.what).finish();
}
