import { judgeDeath } from '../topology/witness.js';
import type { BackendWatch } from './backend-watch.js';
import type { EventKeeper } from './event-keeper.js';
import { Promotion } from './failover.js';
import { type FailoverContext, watchNamed } from './failover-context.js';
import type { WitnessLog } from './witness-log.js';

/** Decides, at each new sample while there is no primary, whether the old one is dead for good; then starts the promotion. */
export class Succession {
  readonly #context: FailoverContext;
  readonly #witnesses: WitnessLog;
  readonly #promotion: Promotion;
  #bouncing = false;
  #said = '';

  constructor(context: FailoverContext, witnesses: WitnessLog, events: EventKeeper) {
    this.#context = context;
    this.#witnesses = witnesses;
    this.#promotion = new Promotion(context, events);
  }

  get active(): boolean {
    return this.#promotion.active || this.#bouncing;
  }

  /** Why a server may not be shown as primary yet; see `Promotion.unfinished`. */
  fencedBecause(name: string): string | undefined {
    return this.#promotion.unfinished === name ? 'being promoted' : undefined;
  }

  consider(): void {
    const { decision, history } = this.#context;
    if (decision.primary !== undefined || this.active) return;
    const subject = watchNamed(this.#context, history.incumbent ?? this.#mostFollowed());
    if (subject === undefined || subject.detector.state !== 'down') return;
    const { bounceMs, unseenGraceMs } = this.#context.options.failover;
    const witnesses = this.#witnesses.witnesses(subject.name, this.#context.watches, decision.sources);
    const verdict = judgeDeath({ primary: subject.detector, witnesses, nowMs: performance.now(), bounceMs, graceMs: unseenGraceMs });
    this.#say(subject, verdict.kind, verdict.because);
    if (verdict.kind === 'bounce') this.#bounce(verdict.replica);
    if (verdict.kind === 'dead') this.#promotion.start(subject, verdict.because, () => subject.detector.state === 'down');
  }

  /** The dead primary of a cluster that this process never saw whole: the member that most replicas name as their source. */
  #mostFollowed(): string | undefined {
    const counts = new Map<string, number>();
    for (const source of this.#context.decision.sources.values())
      if (source !== 'outside') counts.set(source, (counts.get(source) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  }

  #bounce(replica: string): void {
    const watch = watchNamed(this.#context, replica);
    if (watch === undefined) return;
    this.#bouncing = true;
    this.#witnesses
      .bounce(watch)
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        this.#context.options.log.error(
          { cluster: this.#context.options.cluster, backend: replica, error: text },
          'the receiver could not be restarted',
        );
      })
      .finally(() => {
        this.#bouncing = false;
        void watch.look(false);
      });
  }

  #say(subject: BackendWatch, kind: string, because: string): void {
    const text = `${subject.name}: ${kind}: ${because.replace(/[\d.]+ (ms|s)\b/g, 'some time')}`;
    if (text === this.#said) return;
    this.#said = text;
    const { options, history } = this.#context;
    history.recorder.note(Date.now(), `${subject.name}: ${because}`);
    options.log.warn({ cluster: options.cluster, backend: subject.name, verdict: kind }, `is ${subject.name} dead? ${because}`);
  }
}
