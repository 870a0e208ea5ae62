import type { HandoverReport } from '../topology/handover-report.js';
import type { FailoverContext } from './failover-context.js';

const pollMs = 3;
/** Transactions that can be replayed get this long to end by themselves: most do within a few ms. */
const replayAfterMs = 200;
const keepAliveMs = 1_000;

export interface DrainOrder {
  /** The primary that hands its role over. */
  readonly backend: string;
  /** Monotonic ms. */
  readonly untilMs: number;
  /** What is still open then is taken away. */
  readonly force: boolean;
  /** Tells all processes. */
  readonly publish: (phase: 'drain' | 'switch') => void;
  /** Called every second; may throw to give up. */
  readonly keepAlive: () => Promise<void>;
}

/**
 * Holds what is new on the primary and waits for what is open there.
 * @returns how it went, in words
 * @throws Error when something is open at the end of the time that can neither be replayed nor, without `force`, be taken away
 */
export async function drainSessions(context: FailoverContext, order: DrainOrder): Promise<string> {
  const beganMs = performance.now();
  order.publish('drain');
  const drained = await until(context, order, order.untilMs, (report) => {
    if (report.running > 0) return false;
    return report.open === 0 || (report.open === report.replayable && performance.now() - beganMs >= replayAfterMs);
  });
  const tookMs = Math.round(performance.now() - beganMs);
  if (!drained.done && !order.force) throw new Error(stillOpen(drained.report, tookMs));
  order.publish('switch');
  const { open, running } = drained.report;
  if (open + running === 0) return `nothing was open any more after ${tookMs} ms`;
  // What is taken away is gone from the server when its connections are.
  await until(context, order, performance.now() + keepAliveMs, (report) => report.open === 0);
  return `${open} transaction(s) and ${running} statement(s) were open after ${tookMs} ms and are taken away`;
}

async function until(
  context: FailoverContext,
  { backend, keepAlive }: DrainOrder,
  untilMs: number,
  enough: (report: HandoverReport) => boolean,
): Promise<{ readonly done: boolean; readonly report: HandoverReport }> {
  const { version } = context.snapshot;
  let keptMs = performance.now();
  for (;;) {
    const report = await context.options.sessionsOn(backend, false);
    // Before a process knows of the handover it may begin something new.
    if (report.version >= version && enough(report)) return { done: true, report };
    const nowMs = performance.now();
    if (nowMs > untilMs) return { done: false, report };
    if (nowMs - keptMs > keepAliveMs) {
      keptMs = nowMs;
      await keepAlive();
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function stillOpen({ version, open, running, replayable }: HandoverReport, tookMs: number): string {
  if (version < 0) return 'a worker process does not answer';
  const what = [
    ...(open > replayable ? [`${open - replayable} transaction(s) or locks that cannot be replayed`] : []),
    ...(running > 0 ? [`${running} statement(s)`] : []),
  ].join(' and ');
  return `${what} still open after ${tookMs} ms (pointsman sessions shows them): try again, give a longer --timeout, or end them by --force (1213)`;
}
