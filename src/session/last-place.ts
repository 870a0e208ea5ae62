import { Command } from '../protocol/commands.js';
import { ABOUT_LAST_STATEMENT, DependsOn } from '../sql/facts.js';
import type { Attachment } from './attachment.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/** Commands that leave what ROW_COUNT(), FOUND_ROWS() and SHOW WARNINGS tell as it was. */
const ASIDE: ReadonlySet<number> = new Set([
  Command.STMT_PREPARE,
  Command.STMT_RESET,
  Command.STMT_CLOSE,
  Command.STMT_FETCH,
  Command.STMT_SEND_LONG_DATA,
]);

/** Remembers on which connection the last statement left what the next one can ask for. FOUND_ROWS() outlives all that selects nothing. */
export function notePlace(session: Session, statement: Statement, attachment: Attachment, ok: boolean): void {
  if (ASIDE.has(statement.command.code)) return;
  session.replies.lastOn = attachment;
  // With one connection only, all there is to know is there: the text, which may be long, need not be looked at.
  if (session.parked.length === 0 || hasSelected(statement, ok)) session.replies.foundRowsOn = attachment;
}

function hasSelected(statement: Statement, ok: boolean): boolean {
  const { command, facts } = statement;
  if (facts === undefined) return command.code === Command.QUERY;
  if (!ok) return false;
  if (facts.multi || facts.mayChangeState || facts.kind === 'read') return true;
  if (facts.kind === 'set' || facts.kind === 'transaction') return false;
  return /\bselect\b/i.test(textOf(statement)?.toString('latin1') ?? '');
}

/** Where a statement that asks about the last one finds what it asks for; undefined: on none that is still there. */
export function lastPlace(session: Session, { about }: Statement): Attachment | undefined {
  const { lastOn, foundRowsOn } = session.replies;
  const asked = (about?.dependsOn ?? 0) & ABOUT_LAST_STATEMENT;
  return here(session, asked === DependsOn.foundRows ? foundRowsOn : undefined) ?? here(session, lastOn) ?? session.attachment;
}

/** The connection, where the session still has it and is in its cluster. */
export function here(session: Session, attachment: Attachment | undefined): Attachment | undefined {
  if (attachment === undefined || attachment.cluster !== session.cluster) return undefined;
  return attachment === session.attachment || session.parked.includes(attachment) ? attachment : undefined;
}
