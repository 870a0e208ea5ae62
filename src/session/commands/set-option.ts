import { Capability } from '../../protocol/capabilities.js';
import { SetOption } from '../../protocol/commands/set-option.js';
import { firstPayload } from '../client-command.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** COM_SET_OPTION turns multi-statements on or off; the session's other connections are told before a text of several statements (`multi-statements.ts`). */
export const setOption: CommandHandler = {
  begin(session, command) {
    session.run(new Statement(command, HARMLESS_COMMAND));
  },
  completed(session, statement, ok) {
    const payload = firstPayload(statement.command);
    const { attachment } = session;
    if (!ok || payload.length < 3 || attachment === undefined) return;
    const option = payload.readUInt16LE(1);
    if (option !== SetOption.MULTI_STATEMENTS_ON && option !== SetOption.MULTI_STATEMENTS_OFF) return;
    const { capabilities } = session.identity;
    const allowed = option === SetOption.MULTI_STATEMENTS_ON;
    const changed = allowed ? capabilities | Capability.MULTI_STATEMENTS : capabilities & ~Capability.MULTI_STATEMENTS;
    session.identity = { ...session.identity, capabilities: changed >>> 0 };
    attachment.multiStatements = allowed;
  },
};
