import { applyKill, findVictim } from '../session/kill/apply-kill.js';
import { killAbandoned } from '../session/kill/kill-abandoned.js';
import type { KillDesk, KillOrder, KillReport } from '../session/kill/kill-order.js';
import type { Session } from '../session/session.js';

const UNKNOWN: KillReport = { kind: 'unknown' };

/** Caller of an order that no session gave: an operator, who needs no rights on any server. */
export const OPERATOR = 0;

/** Carries out an order among the sessions of this process. */
export function killHere(sessions: ReadonlyMap<number, Session>, order: KillOrder): KillReport {
  const victim = findVictim(sessions, order);
  if (victim === undefined) return UNKNOWN;
  const running = victim.phase === 'running' ? victim.attachment : undefined;
  const report = applyKill(victim, order);
  // Nobody else tells the server: its own account stops what runs.
  if (order.caller === OPERATOR && !order.look && running !== undefined) killAbandoned(victim, running.connection);
  return report;
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
