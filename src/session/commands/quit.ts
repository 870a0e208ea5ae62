import type { CommandHandler } from './command-handler.js';

/** COM_QUIT has no answer: both sides end. */
export const quit: CommandHandler = {
  begin(session) {
    session.close();
  },
};
