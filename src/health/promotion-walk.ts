import { hasApplied, type PromotionStepKind, promotionSteps } from '../topology/failover-plan.js';
import { replicaOf, type ServerSample } from '../topology/sample.js';
import type { BackendWatch } from './backend-watch.js';
import type { ControlLink } from './control-link.js';
import type { FailoverContext } from './failover-context.js';
import { PromotionError } from './promotion-error.js';
import { setWritable } from './server-changes.js';

const applyPollMs = 10;

/**
 * Walks a candidate through the steps that make it writable and rid of its source. Each step looks afresh and is skipped where it is done;
 * from `writable` on it counts as appointed, and what fails after that is final.
 * @param stopBecause asked before each step until then: a text says why to go no further
 * @param applyMs longest wait for it to apply what it has received
 * @throws PromotionError; a candidate that stayed a replica replicates again then
 */
export async function walkPromotion(
  context: FailoverContext,
  link: ControlLink,
  watch: BackendWatch,
  stopBecause: () => string | undefined,
  applyMs: number,
): Promise<void> {
  const { history } = context;
  let appointed = false;
  let sample: ServerSample | undefined;
  try {
    for (const step of promotionSteps) {
      sample = await link.look();
      if (step.done(sample)) continue;
      if (!context.running) throw new PromotionError('the monitor was stopped', true);
      const stop = appointed ? undefined : stopBecause();
      if (stop !== undefined) throw new PromotionError(stop, true);
      const blocked = step.blocked(sample);
      if (blocked !== undefined) throw new PromotionError(`cannot ${step.text}: ${blocked}`);
      if (step.kind === 'writable') {
        // From here on it outranks whoever comes back.
        appointed = true;
        history.appoint(watch.name);
      }
      if (step.kind === 'stop-receiver') context.stopped.add(watch.name);
      await takeStep(step.kind, link, applyMs);
      history.recorder.note(Date.now(), `${watch.name}: ${step.text}: done`);
    }
    context.stopped.delete(watch.name);
  } catch (error) {
    // A candidate that stayed a replica replicates again, now or when it is put in its place.
    if (!appointed && sample?.readOnly === true && sample.replica !== undefined) {
      await link.change(link.words.start).then(
        () => context.stopped.delete(watch.name),
        () => undefined,
      );
    }
    if (appointed) history.revoke();
    throw appointed ? new PromotionError(error instanceof Error ? error.message : String(error), true) : error;
  }
}

async function takeStep(kind: PromotionStepKind, link: ControlLink, applyMs: number): Promise<void> {
  switch (kind) {
    case 'stop-receiver':
      await link.change(link.words.stopReceiver);
      return;
    case 'apply':
      return untilApplied(link, applyMs);
    case 'stop-replication':
      await link.change(link.words.stop);
      return;
    case 'writable':
      return setWritable(link);
    case 'forget-source':
      await link.change(link.words.forget);
  }
}

async function untilApplied(link: ControlLink, applyMs: number): Promise<void> {
  const untilMs = performance.now() + applyMs;
  for (;;) {
    const sample = await link.look();
    if (hasApplied(sample)) return;
    const replica = replicaOf(sample);
    if (replica?.applier === false) throw new PromotionError(`its applier stopped: ${replica.applierError}`);
    if (performance.now() > untilMs) throw new PromotionError('it did not apply what it received in time');
    await new Promise((resolve) => setTimeout(resolve, applyPollMs));
  }
}
