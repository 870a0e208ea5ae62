import type { OkPacket } from '../protocol/ok.js';
import { StatusFlag } from '../protocol/status-flags.js';
import type { Session } from './session.js';

/** What an OK of ours says: nothing changed, status as the session's. */
export function ownOk({ inTransaction, state }: Session): OkPacket {
  const { autocommit, dialect } = state;
  const transaction = inTransaction ? StatusFlag.IN_TRANS : 0;
  // libmysqlclient escapes by the last of these.
  const mode = dialect.noBackslashEscapes ? StatusFlag.NO_BACKSLASH_ESCAPES : 0;
  return {
    affectedRows: 0n,
    insertId: 0n,
    statusFlags: transaction | (autocommit ? StatusFlag.AUTOCOMMIT : 0) | mode,
    warnings: 0,
    info: Buffer.alloc(0),
    sessionTrack: undefined,
  };
}
