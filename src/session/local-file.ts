import { Capability, has } from '../protocol/capabilities.js';
import { sqlOf } from '../protocol/commands/query.js';
import { Command } from '../protocol/commands.js';
import { joinedPayload } from './client-command.js';
import type { Session } from './session.js';

/** `EXECUTE name` of a text that was prepared as one: MariaDB can do that with LOAD DATA. */
const RUNS_A_TEXT = /^\s*execute\b/i;
const LONGEST_START = 200;

/**
 * Whether a server may ask this client for a file now. A server (or who speaks for it) that asks in answer to anything but LOAD DATA LOCAL
 * wants what is none of its business: drivers hand out any file they are asked for.
 */
export function mayAskForFile({ identity, statement }: Session): boolean {
  if (!has(identity.capabilities, Capability.LOCAL_FILES) || statement === undefined) return false;
  if (statement.facts?.loadLocal === true) return true;
  const { command } = statement;
  if (command.code !== Command.QUERY || !command.complete) return false;
  return RUNS_A_TEXT.test(sqlOf(joinedPayload(command), identity.capabilities).toString('latin1', 0, LONGEST_START));
}
