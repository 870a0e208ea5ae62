import { isGone } from '../topology/failure-detector.js';
import { replicaOf } from '../topology/sample.js';
import { judgeDeath } from '../topology/witness.js';
import type { BackendWatch } from './backend-watch.js';
import type { EventKeeper } from './event-keeper.js';
import { Promotion } from './failover.js';
import { type FailoverContext, watchNamed } from './failover-context.js';
import { readOnlyByConfiguration } from './server-changes.js';

/** Whoever started the old primary gets this long to make it writable. */
const returnedGraceMs = 1_000;

/** Decides, at each new sample while there is no primary, whether the old one is dead for good; then starts the promotion. */
export class Succession {
  readonly #context: FailoverContext;
  readonly #promotion: Promotion;
  #bouncing = false;
  #said = '';
  /** Why the primary is not taken for dead. */
  #doubt: string | undefined;
  /** Since when the old primary answers without being primary, monotonic ms. */
  #returnedMs: number | undefined;
  #askingOrigin = false;

  constructor(context: FailoverContext, events: EventKeeper) {
    this.#context = context;
    this.#promotion = new Promotion(context, events);
  }

  /** A promotion by an operator's order; see `Promotion.byOrder`. */
  promote(heir: BackendWatch, dead: BackendWatch | undefined): Promise<void> {
    return this.#promotion.byOrder(heir, dead);
  }

  get active(): boolean {
    return this.#promotion.active || this.#bouncing;
  }

  /** Why a server may not be shown as primary yet; see `Promotion.unfinished`. */
  fencedBecause(name: string): string | undefined {
    return this.#promotion.unfinished === name ? 'being promoted' : undefined;
  }

  /** Why nobody is promoted; see `ClusterSnapshot.stuck`. */
  get stuck(): string | undefined {
    return this.#promotion.stuck ?? this.#doubt;
  }

  /** There is a primary. */
  settled(): void {
    this.#doubt = undefined;
    this.#promotion.settled();
  }

  consider(): void {
    const { decision, history } = this.#context;
    if (decision.primary !== undefined || this.active) return;
    const subject = watchNamed(this.#context, history.incumbent ?? this.#brokenOff() ?? this.#mostFollowed());
    if (subject === undefined) return;
    if (subject.detector.state === 'down') this.#considerDead(subject);
    else if (subject.detector.state === 'online') this.#considerReturned(subject);
  }

  #considerDead(subject: BackendWatch): void {
    this.#returnedMs = undefined;
    const { bounceMs, unseenGraceMs } = this.#context.options.failover;
    const witnesses = this.#context.witnesses.witnesses(subject.name, this.#context.watches, this.#context.decision.sources);
    const verdict = judgeDeath({ primary: subject.detector, witnesses, nowMs: performance.now(), bounceMs, graceMs: unseenGraceMs });
    this.#say(subject, verdict.kind, verdict.because);
    this.#doubt =
      verdict.kind === 'dead' ? undefined : `is ${subject.name} dead? ${verdict.because.replace(/[\d.]+ (ms|s)\b/g, 'some time')}`;
    if (verdict.kind === 'bounce') this.#bounce(verdict.replica);
    if (verdict.kind === 'dead') this.#promotion.start(subject, verdict.because, () => isGone(subject.detector));
  }

  /**
   * The old primary answers again and still there is none: it restarted and its configuration makes it read-only, or it came back with
   * less than it had acknowledged. One that somebody set read-only while it ran is left alone: that is a switchover by hand.
   */
  #considerReturned(subject: BackendWatch): void {
    const { sample } = subject;
    const isBrokenOff = this.#brokenOff() === subject.name;
    if (sample === undefined || (sample.replica !== undefined && !isBrokenOff)) return;
    const nowMs = performance.now();
    this.#returnedMs ??= nowMs;
    if (nowMs - this.#returnedMs < returnedGraceMs || this.#askingOrigin) return;
    if (!sample.readOnly) {
      this.#promotion.start(subject, `${subject.name} came back without transactions that clients were told are committed`, () =>
        this.#stillOut(subject),
      );
      return;
    }
    if (isBrokenOff) {
      const because = `a switchover from ${subject.name} was broken off: it is read-only, and so is the replica that was to follow it`;
      this.#promotion.start(subject, because, () => this.#stillOut(subject) && subject.sample?.readOnly === true);
      return;
    }
    if (subject.incarnation?.serial === this.#context.history.servedAs(subject.name)) return;
    this.#askingOrigin = true;
    readOnlyByConfiguration(subject, this.#context.options)
      .then((configured) => {
        if (!configured || !this.#stillOut(subject)) return;
        const because = `${subject.name} restarted and its configuration makes it read-only`;
        this.#promotion.start(subject, because, () => this.#stillOut(subject) && subject.sample?.readOnly === true);
      })
      .catch((error: unknown) => this.#say(subject, 'unknown', `cannot find out why it is read-only: ${String(error)}`))
      .finally(() => {
        this.#askingOrigin = false;
        this.#returnedMs = performance.now();
      });
  }

  /**
   * The primary of a switchover that a proxy was killed in: read-only, and its source, which it never received from, is its own replica (see
   * switchover-run.ts). Nobody leaves that behind on purpose.
   */
  #brokenOff(): string | undefined {
    const { watches, decision } = this.#context;
    const found = watches.find(({ name, sample, detector }) => {
      const replica = replicaOf(sample);
      const source = decision.sources.get(name);
      if (detector.state === 'down' || sample?.readOnly !== true || replica === undefined || source === undefined) return false;
      return replica.receiver === 'No' && !replica.applier && decision.sources.get(source) === name;
    });
    return found?.name;
  }

  #stillOut(subject: BackendWatch): boolean {
    return this.#context.decision.primary === undefined && subject.detector.state !== 'down';
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
    this.#context.witnesses
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
