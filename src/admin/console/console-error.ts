import type { ErrPacket } from '../../protocol/err.js';

/** What a client of the console is told; the numbers are MySQL's own, so that clients know what to do with them. */
export class ConsoleError extends Error {
  readonly code = 'PM_ADMIN_CONSOLE';
  readonly packet: ErrPacket;

  constructor(code: number, sqlState: string, message: string) {
    super(message);
    this.name = 'ConsoleError';
    this.packet = { code, sqlState, message };
  }
}

/** ER_PARSE_ERROR: it is not understood. `way` says what is. */
export function notUnderstood(what: string, way: string): ConsoleError {
  return new ConsoleError(1064, '42000', `${what}; ${way}`);
}

export const HELP_HINT = 'SHOW HELP lists what this console knows';
