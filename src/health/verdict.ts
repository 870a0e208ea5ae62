import type { Verdict } from '../topology/snapshot.js';
import type { BackendWatch } from './backend-watch.js';
import { restartedSince } from './restarted.js';

/**
 * Why a session lost its connection to this backend, by fresh looks: each dials anew, because a server that shuts down closes its port
 * first. Settles after `budgetMs` at the latest; by then a server that never answered is dead for the session.
 */
export async function decideVerdict(
  watch: BackendWatch,
  connectedAtMs: number,
  budgetMs: number,
  demotedMs: () => number | undefined,
): Promise<Verdict> {
  const untilMs = performance.now() + budgetMs;
  while (watch.detector.state !== 'down') {
    const answeredBefore = watch.detector.lastAnswerMs;
    await Promise.race([watch.look(true), pause(untilMs - performance.now())]);
    const answered = watch.detector.lastAnswerMs !== answeredBefore;
    if (answered) return alive(watch, connectedAtMs, demotedMs());
    if (performance.now() >= untilMs) return 'dead';
  }
  return 'dead';
}

function alive(watch: BackendWatch, connectedAtMs: number, demotedMs: number | undefined): Verdict {
  if (watch.incarnation !== undefined && restartedSince(watch.incarnation, connectedAtMs)) return 'restarted';
  return demotedMs !== undefined && demotedMs >= connectedAtMs ? 'demoted' : 'healthy';
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, delayMs)).unref();
  });
}
