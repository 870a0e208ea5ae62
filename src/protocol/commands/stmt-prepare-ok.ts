import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';
import { Capability, has } from '../capabilities.js';

/** First packet of the answer to COM_STMT_PREPARE; definitions of parameters, then of columns follow. */
export interface StmtPrepareOk {
  readonly statementId: number;
  readonly columns: number;
  readonly params: number;
  readonly warnings: number;
  /** False when the session set `resultset_metadata=NONE`. */
  readonly definitionsFollow: boolean;
}

const PACKET = 'stmt-prepare-ok';

export function decodeStmtPrepareOk(payload: Buffer, capabilities: number): StmtPrepareOk {
  const reader = new ByteReader(payload, PACKET);
  reader.header(0x00);
  const ids = { statementId: reader.u32(), columns: reader.u16(), params: reader.u16() };
  reader.skip(1);
  const warnings = reader.remaining >= 2 ? reader.u16() : 0;
  const flagged = has(capabilities, Capability.OPTIONAL_RESULTSET_METADATA) && reader.remaining > 0;
  return { ...ids, warnings, definitionsFollow: !flagged || reader.u8() !== 0 };
}

export function encodeStmtPrepareOk(ok: StmtPrepareOk, capabilities: number): Buffer {
  const writer = new ByteWriter(PACKET).u8(0x00).u32(ok.statementId).u16(ok.columns).u16(ok.params).u8(0).u16(ok.warnings);
  if (has(capabilities, Capability.OPTIONAL_RESULTSET_METADATA)) writer.u8(ok.definitionsFollow ? 1 : 0);
  return writer.finish();
}
