import { applyKill, findVictim } from '../session/kill/apply-kill.js';
import type { KillDesk, KillOrder, KillReport } from '../session/kill/kill-order.js';
import type { Session } from '../session/session.js';

const UNKNOWN: KillReport = { kind: 'unknown' };

/** Carries out an order among the sessions of this process. */
export function killHere(sessions: ReadonlyMap<number, Session>, order: KillOrder): KillReport {
  const victim = findVictim(sessions, order);
  return victim === undefined ? UNKNOWN : applyKill(victim, order);
}

/**
 * Finds victims in this process first, then in the others.
 * @param elsewhere asks the supervisor; undefined: there are no others
 */
export function killDesk(
  sessions: ReadonlyMap<number, Session>,
  elsewhere: ((order: KillOrder) => Promise<KillReport>) | undefined,
): KillDesk {
  return {
    async order(order) {
      const here = killHere(sessions, order);
      return here.kind === 'found' || elsewhere === undefined ? here : elsewhere(order);
    },
  };
}
