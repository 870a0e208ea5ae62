import type { Attachment } from '../attachment.js';
import type { ClientCommand } from '../client-command.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';

/** `ready`: send it; `again`: the connection is gone, start over; `answered`: it has been answered with an error. */
export type Preparation = 'ready' | 'again' | 'answered';

/** What one `COM_*` needs beyond being forwarded. One file per command; shared by all sessions, so without state. */
export interface CommandHandler {
  /** The client sent it and nothing else is under way: answer it, or `session.run` a statement. */
  begin(session: Session, command: ClientCommand): void;
  /** False when `prepareFor` has work to do on this connection before the statement can be sent. */
  readyOn?(statement: Statement, attachment: Attachment): boolean;
  /** Makes the connection ready for the statement, for example by preparing it again. */
  prepareFor?(session: Session, statement: Statement, attachment: Attachment): Promise<Preparation>;
  /** The bytes for this connection, when they are not the client's own. */
  outgoing?(statement: Statement, attachment: Attachment): readonly Buffer[];
  /** The answer is complete; `ok` unless its last packet was an ERR. */
  completed?(session: Session, statement: Statement, ok: boolean): void;
}
