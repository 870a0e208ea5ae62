import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Command } from '../commands.js';

/** COM_SHUTDOWN (MariaDB; MySQL dropped it in 8.0). */
export interface ShutdownRequest {
  /** 0: the server's default. Undefined: byte left out. */
  readonly level: number | undefined;
}

const PACKET = 'shutdown';

export function decodeShutdown(payload: Buffer): ShutdownRequest {
  const reader = new ByteReader(payload, PACKET);
  reader.header(Command.SHUTDOWN);
  return { level: reader.remaining > 0 ? reader.u8() : undefined };
}

export function encodeShutdown(request: ShutdownRequest): Buffer {
  const writer = new ByteWriter(PACKET).u8(Command.SHUTDOWN);
  if (request.level !== undefined) writer.u8(request.level);
  return writer.finish();
}
