import { decodeProcessKill } from '../../protocol/commands/process-kill.js';
import { firstPayload } from '../client-command.js';
import { beginKill } from '../kill/kill.js';
import { Statement, UNKNOWN_COMMAND } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** The command byte and a connection id. */
const WHOLE = 5;

/** COM_PROCESS_KILL: the same as `KILL CONNECTION id`. A cut one is the server's to refuse. */
export const processKill: CommandHandler = {
  begin(session, command) {
    const payload = firstPayload(command);
    const statement = new Statement(command, UNKNOWN_COMMAND);
    if (payload.length < WHOLE) session.run(statement);
    else beginKill(session, statement, { id: decodeProcessKill(payload).connectionId, query: false, soft: false });
  },
};
