import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_PROCESS_KILL: end a connection. */
export interface ProcessKillRequest {
  readonly connectionId: number;
}

const PACKET = 'process-kill';

export function decodeProcessKill(payload: Buffer): ProcessKillRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.PROCESS_KILL);
  return { connectionId: reader.u32() };
}

export function encodeProcessKill(request: ProcessKillRequest): Buffer {
  return new ByteWriter(PACKET).u8(Command.PROCESS_KILL).u32(request.connectionId).finish();
}
