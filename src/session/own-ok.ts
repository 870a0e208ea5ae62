import type { OkPacket } from '../protocol/ok.js';
import { StatusFlag } from '../protocol/status-flags.js';
import type { Session } from './session.js';

/** What an OK of ours says: nothing changed, status as the session's. */
export function ownOk({ inTransaction, state, lostTransaction }: Session): OkPacket {
  const { autocommit, dialect } = state;
  // One that was lost is open to the client until it is told, or may be replayed.
  const isOpen = inTransaction || lostTransaction?.announced === false;
  const transaction = isOpen ? StatusFlag.IN_TRANS : 0;
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
