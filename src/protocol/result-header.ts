import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Capability, has, MariadbCapability } from './capabilities.js';

/** First packet of a result set. */
export interface ResultHeader {
  readonly columns: number;
  /** False: the client knows the column definitions or does not want them. */
  readonly definitionsFollow: boolean;
}

const PACKET = 'result-header';

export function decodeResultHeader(payload: Buffer, capabilities: number, mariadbCapabilities = 0): ResultHeader {
  const reader = new ByteReader(payload, PACKET);
  const columns = reader.count();
  return { columns, definitionsFollow: !flagged(capabilities, mariadbCapabilities) || reader.u8() !== 0 };
}

export function encodeResultHeader(header: ResultHeader, capabilities: number, mariadbCapabilities = 0): Buffer {
  const writer = new ByteWriter(PACKET).lenenc(header.columns);
  // Behind the count, whatever the manual says: see ResponseTracker.
  if (flagged(capabilities, mariadbCapabilities)) writer.u8(header.definitionsFollow ? 1 : 0);
  return writer.finish();
}

function flagged(capabilities: number, mariadbCapabilities: number): boolean {
  return has(capabilities, Capability.OPTIONAL_RESULTSET_METADATA) || has(mariadbCapabilities, MariadbCapability.CACHE_METADATA);
}
