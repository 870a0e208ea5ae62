import { Capability } from '../protocol/capabilities.js';
import { encodeSetOption, SetOption } from '../protocol/commands/set-option.js';
import { Command } from '../protocol/commands.js';
import type { Attachment } from './attachment.js';
import { type ExchangeEnd, exchange } from './exchange.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** The client wants several statements in one text allowed: what it agreed on at login, or said by COM_SET_OPTION since then. */
export function allowsMulti({ identity }: Session): boolean {
  return (identity.capabilities & Capability.MULTI_STATEMENTS) !== 0;
}

/** False: the client has said something else by COM_SET_OPTION on another connection, and to this text it matters. */
export function knowsOption(session: Session, attachment: Attachment, { command, facts }: Statement): boolean {
  if (attachment.multiStatements === allowsMulti(session)) return true;
  return command.code !== Command.QUERY || facts?.multi === false;
}

/** Says it there, too. */
export async function sayOption(session: Session, attachment: Attachment): Promise<ExchangeEnd['kind']> {
  const allowed = allowsMulti(session);
  const option = allowed ? SetOption.MULTI_STATEMENTS_ON : SetOption.MULTI_STATEMENTS_OFF;
  const end = await exchange(attachment.connection, encodeSetOption({ option }), session.cluster.connectTimeoutMs);
  if (end.kind === 'ok') attachment.multiStatements = allowed;
  return end.kind;
}
