import { Capability } from '../../protocol/capabilities.js';
import { detachParked } from '../attach.js';
import { firstPayload } from '../client-command.js';
import { HARMLESS_COMMAND, Statement } from '../statement.js';
import type { CommandHandler } from './command-handler.js';

/** The option's values, https://dev.mysql.com/doc/c-api/8.0/en/mysql-set-server-option.html */
const MULTI_STATEMENTS_ON = 0;
const MULTI_STATEMENTS_OFF = 1;

/** COM_SET_OPTION turns multi-statements on or off; the next backend connection is opened with what it left. */
export const setOption: CommandHandler = {
  begin(session, command) {
    // The others are opened anew with what it says.
    detachParked(session);
    session.run(new Statement(command, HARMLESS_COMMAND));
  },
  completed(session, statement, ok) {
    const payload = firstPayload(statement.command);
    if (!ok || payload.length < 3) return;
    const option = payload.readUInt16LE(1);
    const { capabilities } = session.identity;
    if (option === MULTI_STATEMENTS_ON)
      session.identity = { ...session.identity, capabilities: (capabilities | Capability.MULTI_STATEMENTS) >>> 0 };
    if (option === MULTI_STATEMENTS_OFF)
      session.identity = { ...session.identity, capabilities: (capabilities & ~Capability.MULTI_STATEMENTS) >>> 0 };
  },
};
