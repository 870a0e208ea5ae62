import { ProtocolError } from '../protocol-error.js';

/*
 * COM_STMT_EXECUTE, _SEND_LONG_DATA, _CLOSE, _RESET, _FETCH, _BULK_EXECUTE and the prepare OK all carry the statement id in the four
 * bytes behind the first, so it can be read and replaced without decoding the rest.
 */

const OFFSET = 1;

/** MariaDB: stands for the statement prepared last, so that a client can execute before it knows the id. */
export const LAST_PREPARED = 0xffff_ffff;

/** Statement id of the payload that begins at `payloadStart`. */
export function statementId(buffer: Buffer, payloadStart = 0): number {
  return buffer.readUInt32LE(checked(buffer, payloadStart));
}

/** Puts another id in place. */
export function replaceStatementId(buffer: Buffer, id: number, payloadStart = 0): void {
  buffer.writeUInt32LE(id, checked(buffer, payloadStart));
}

function checked(buffer: Buffer, payloadStart: number): number {
  const at = payloadStart + OFFSET;
  if (at + 4 <= buffer.length) return at;
  throw new ProtocolError('PM_PROTOCOL_TRUNCATED', 'statement-id', 'the packet ends before its statement id');
}
