import { holds, parsePosition } from './position.js';
import { replicaOf, type ServerSample } from './sample.js';

export type PromotionStepKind = 'stop-receiver' | 'apply' | 'stop-replication' | 'writable' | 'forget-source';

export interface PromotionStep {
  readonly kind: PromotionStepKind;
  /** What it does, for the plan and the timeline. */
  readonly text: string;
  /** The step need not run: what it would bring about is so. */
  readonly done: (candidate: ServerSample) => boolean;
  /** Why the step must not run on a candidate in this state; undefined when it may. */
  readonly blocked: (candidate: ServerSample) => string | undefined;
}

/**
 * How a replica becomes primary. Each step looks at a fresh sample: done steps are skipped and every step has its own precondition, so
 * that the plan can be broken off anywhere and started again by the same or another proxy. The source is forgotten *after* the server
 * became writable: broken off before, it still reads as a replica of the dead primary, and the next one takes up the plan.
 */
export const promotionSteps: readonly PromotionStep[] = [
  {
    kind: 'stop-receiver',
    text: 'stop its receiver, so that what it has is final',
    done: (candidate) => (replicaOf(candidate)?.receiver ?? 'No') === 'No',
    blocked: () => undefined,
  },
  {
    kind: 'apply',
    text: 'let it apply what it has received',
    done: (candidate) => hasApplied(candidate),
    blocked: (candidate) =>
      replicaOf(candidate)?.applier === false ? `its applier stopped: ${replicaOf(candidate)?.applierError}` : undefined,
  },
  {
    kind: 'stop-replication',
    text: 'stop its applier',
    done: (candidate) => isStopped(candidate),
    blocked: (candidate) => (hasApplied(candidate) ? undefined : 'it has not applied all it received'),
  },
  {
    kind: 'writable',
    text: 'make it writable',
    done: (candidate) => !candidate.readOnly && !candidate.superReadOnly,
    blocked: (candidate) => (isStopped(candidate) && hasApplied(candidate) ? undefined : 'it still replicates'),
  },
  {
    kind: 'forget-source',
    text: 'forget its source',
    done: (candidate) => candidate.replica === undefined,
    blocked: (candidate) => (candidate.readOnly ? 'it is read-only' : isStopped(candidate) ? undefined : 'it still replicates'),
  },
];

/** True when everything received is applied. */
export function hasApplied(sample: ServerSample): boolean {
  const received = replicaOf(sample)?.received ?? '';
  return received === '' || holds(parsePosition(sample.flavor, sample.executed), parsePosition(sample.flavor, received));
}

function isStopped(sample: ServerSample): boolean {
  const replica = replicaOf(sample);
  return replica === undefined || (replica.receiver === 'No' && !replica.applier);
}
