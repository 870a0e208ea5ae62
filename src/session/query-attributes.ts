import { Capability, has } from '../protocol/capabilities.js';
import { decodeStmtExecute } from '../protocol/commands/stmt-execute.js';
import { HEADER_SIZE, MAX_PAYLOAD } from '../protocol/frame.js';
import type { Attachment } from './attachment.js';
import { type ClientCommand, firstPayload, joinedPayload } from './client-command.js';
import { attributesNotKnown } from './client-errors.js';
import type { Preparation } from './commands/command-handler.js';
import type { PreparedStatement } from './prepared-statements.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/**
 * What a command says of query attributes (MySQL from 8.0.23): its client did not agree on them (`unspoken`), sent none (`none`), sent some
 * (`some`), or it cannot be told because the command is too large to be kept (`unsure`).
 */
export type AttributeUse = 'unspoken' | 'none' | 'some' | 'unsure';

/** No attributes, in one set: what nearly every COM_QUERY begins with. */
const NO_ATTRIBUTES = Buffer.of(0x00, 0x01);

export function attributesOfQuery(command: ClientCommand, clientCapabilities: number): AttributeUse {
  if (!has(clientCapabilities, Capability.QUERY_ATTRIBUTES)) return 'unspoken';
  const [, count, sets] = firstPayload(command);
  if (count !== NO_ATTRIBUTES[0] || sets !== NO_ATTRIBUTES[1]) return 'some';
  // Of several frames all but the last are full: two bytes less would move every byte that follows.
  return command.announcedBytes < MAX_PAYLOAD ? 'none' : 'unsure';
}

export function attributesOfExecute(command: ClientCommand, prepared: PreparedStatement, clientCapabilities: number): AttributeUse {
  if (!has(clientCapabilities, Capability.QUERY_ATTRIBUTES)) return 'unspoken';
  if (!command.complete) return 'unsure';
  const request = decodeStmtExecute(joinedPayload(command), clientCapabilities, prepared.parameters);
  return request.parameterCount > prepared.parameters ? 'some' : 'none';
}

/** True when the server at this connection would take attributes, or the place for them, for a part of the statement. */
export function needsTranslation(statement: Statement, attachment: Attachment): boolean {
  return statement.attributes !== 'unspoken' && !has(attachment.connection.capabilities, Capability.QUERY_ATTRIBUTES);
}

/** Refuses what the server at hand cannot be told. */
export function checkAttributes(session: Session, statement: Statement, attachment: Attachment): Preparation {
  if (statement.attributes === 'none' || !needsTranslation(statement, attachment)) return 'ready';
  session.answerError(attributesNotKnown(attachment.backend, attachment.connection.greeting.serverVersion));
  return 'answered';
}

/** A COM_QUERY without the place for attributes. */
export function queryWithoutAttributes(command: ClientCommand): readonly Buffer[] {
  const [first = Buffer.alloc(0), ...rest] = command.parts;
  const skipped = NO_ATTRIBUTES.length;
  const head = Buffer.from(first.subarray(0, HEADER_SIZE + 1));
  head.writeUIntLE(head.readUIntLE(0, 3) - skipped, 0, 3);
  return [Buffer.concat([head, first.subarray(HEADER_SIZE + 1 + skipped)]), ...rest];
}
