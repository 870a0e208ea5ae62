import { OPERATOR } from './kill-desk.js';
import type { SessionReport } from './session-report.js';
import type { Supervisor } from './supervisor.js';

/**
 * Ends a session, or with `queryOnly` only the statement it runs, as an operator wishes.
 * @returns the session as it was; undefined: there is none of this id
 */
export async function killByOperator(
  supervisor: Pick<Supervisor, 'sessions' | 'kill'>,
  id: number,
  { queryOnly, dryRun }: { readonly queryOnly: boolean; readonly dryRun: boolean },
): Promise<SessionReport | undefined> {
  const victim = (await supervisor.sessions()).find((session) => session.id === id);
  if (victim === undefined || dryRun) return victim;
  const { cluster, user } = victim;
  const order = { id, query: queryOnly, cluster, user, caller: OPERATOR, backend: undefined, notCaller: false, allowed: true, look: false };
  const report = await supervisor.kill(order);
  return report.kind === 'found' ? victim : undefined;
}
