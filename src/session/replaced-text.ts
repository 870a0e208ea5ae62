import { namesTrackers } from '../backend/tracker-settings.js';
import { sqlOf } from '../protocol/commands/query.js';
import { Command } from '../protocol/commands.js';
import { encodeFrames } from '../protocol/frame.js';
import { joinedPayload } from './client-command.js';
import { attributesOfQuery } from './query-attributes.js';
import type { Session } from './session.js';
import { Statement, traitsOf } from './statement.js';

/** The same command with another text, for COM_QUERY and COM_STMT_PREPARE; query attributes stay. */
export function withText(session: Session, original: Statement, text: Buffer): Statement {
  const { command } = original;
  const { capabilities } = session.identity;
  const payload = joinedPayload(command);
  const isQuery = command.code === Command.QUERY;
  const head = payload.subarray(0, isQuery ? payload.length - sqlOf(payload, capabilities).length : 1);
  const frames = encodeFrames(Buffer.concat([head, text]), 0);
  const announcedBytes = head.length + text.length;
  const replaced = { ...command, parts: [frames], bytes: frames.length, announcedBytes };
  const facts = session.services.classifier.classify(text, session.state.dialect);
  if (!isQuery) {
    const statement = new Statement(replaced, original.traits);
    statement.prepares = facts;
    return statement;
  }
  const statement = new Statement(replaced, traitsOf(facts), facts);
  statement.sql = text;
  statement.namesTrackers = namesTrackers(text);
  statement.attributes = attributesOfQuery(replaced, capabilities);
  return statement;
}
