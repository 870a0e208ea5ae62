import { rearm } from './rearm.js';
import type { Session } from './session.js';

/** ER_MUST_CHANGE_PASSWORD: the account's password has expired, and the session may do nothing but give it a new one. */
export const MUST_CHANGE_PASSWORD = 1820;

/** Something went well for a session whose trackers could not be armed: it gave itself a new password and is let out. Now they can be. */
export function leaveSandbox(session: Session): void {
  session.state.sandboxed = false;
  rearm(session);
}
