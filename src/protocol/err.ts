import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Capability, has } from './capabilities.js';

/** The server's refusal; ends every answer it appears in. */
export interface ErrPacket {
  readonly code: number;
  /** Five characters; `HY000` where the packet carried none. */
  readonly sqlState: string;
  /** Text in the client's character set, read as UTF-8. */
  readonly message: string;
}

const PACKET = 'err';
const HEADER = 0xff;
const MARKER = 0x23; // '#'
const STATE_SIZE = 5;
const NO_STATE = 'HY000';

/**
 * @param capabilities what was agreed; 0 before the handshake response, where servers leave the SQLSTATE out. Some send it even then, so
 * without PROTOCOL_41 it is recognised by its form.
 */
export function decodeErr(payload: Buffer, capabilities: number): ErrPacket {
  const reader = new ByteReader(payload, PACKET);
  reader.header(HEADER);
  const code = reader.u16();
  const marked = reader.peek() === MARKER && reader.remaining > STATE_SIZE;
  if (!marked || !(has(capabilities, Capability.PROTOCOL_41) || looksLikeState(payload, reader.offset + 1))) {
    return { code, sqlState: NO_STATE, message: reader.rest().toString('utf8') };
  }
  reader.skip(1);
  const sqlState = reader.bytes(STATE_SIZE).toString('latin1');
  return { code, sqlState, message: reader.rest().toString('utf8') };
}

/** Without PROTOCOL_41 in `capabilities`, as in place of a greeting, no SQLSTATE is written. */
export function encodeErr(err: ErrPacket, capabilities: number): Buffer {
  const writer = new ByteWriter(PACKET).u8(HEADER).u16(err.code);
  if (has(capabilities, Capability.PROTOCOL_41)) {
    const sqlState = err.sqlState.length === STATE_SIZE ? err.sqlState : NO_STATE;
    writer.u8(MARKER).bytes(Buffer.from(sqlState, 'latin1'));
  }
  return writer.text(err.message).finish();
}

function looksLikeState(payload: Buffer, at: number): boolean {
  return /^[0-9A-Z]{5}$/.test(payload.toString('latin1', at, at + STATE_SIZE));
}
