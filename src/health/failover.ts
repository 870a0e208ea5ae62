import { setTimeout as sleep } from 'node:timers/promises';
import { type Candidate, elect } from '../topology/election.js';
import { hasApplied } from '../topology/failover-plan.js';
import { everything } from '../topology/member-plan.js';
import { replicaOf } from '../topology/sample.js';
import { leadsTo } from '../topology/sources.js';
import type { BackendWatch } from './backend-watch.js';
import { ControlLink } from './control-link.js';
import { type Lease, LeaseLostError } from './coordination/coordinator.js';
import type { EventKeeper } from './event-keeper.js';
import { type FailoverContext, watchNamed } from './failover-context.js';
import { runFenceCommand } from './fence-command.js';
import { KnownLoss, KnownLossError } from './known-loss.js';
import { PromotionError } from './promotion-error.js';
import { walkPromotion } from './promotion-walk.js';
import { reportedCandidates } from './reported-candidates.js';
import { takeLock } from './server-changes.js';

/** After a promotion that did not succeed, the next attempt waits this long, then twice as long, up to the limit. */
const retryMs = 500;
const retryMaxMs = 10_000;
/** An operator's order waits so long for an attempt that is under way, ms. */
const patienceMs = 5_000;

/** Not an error: somebody else does it. */
class LeaseTakenError extends Error {
  readonly code = 'PM_HEALTH_LEASE_TAKEN';
}

/** Makes the best replica of a dead primary the new primary. One attempt at a time. */
export class Promotion {
  readonly #context: FailoverContext;
  readonly #events: EventKeeper;
  readonly #loss: KnownLoss;
  #active = false;
  #attempt: Promise<void> = Promise.resolve();
  #unfinished: string | undefined;
  #notBeforeMs = 0;
  #failures = 0;
  #stuck: string | undefined;

  constructor(context: FailoverContext, events: EventKeeper) {
    this.#context = context;
    this.#events = events;
    this.#loss = new KnownLoss(context);
  }

  get active(): boolean {
    return this.#active;
  }

  /**
   * The candidate between its first and its last step: it may be writable already, but is not shown before its source is forgotten. A
   * proxy that is killed in between must not have sent it writes, or the old primary's return would make them lost.
   */
  get unfinished(): string | undefined {
    return this.#unfinished;
  }

  /** Why the last attempt came to nothing; of use only while there is no primary. */
  get stuck(): string | undefined {
    return this.#stuck;
  }

  /** There is a primary: what stood in the way is over. */
  settled(): void {
    this.#stuck = undefined;
  }

  /**
   * Starts a promotion unless one runs.
   * @param dead the primary to be replaced
   * @param stillDead asked again before anything that cannot be taken back
   */
  start(dead: BackendWatch, because: string, stillDead: () => boolean): void {
    if (this.#active || performance.now() < this.#notBeforeMs) return;
    this.#active = true;
    const { recorder } = this.#context.history;
    recorder.begin(dead.name, Date.now(), `${dead.name} is gone`);
    recorder.evidence(because);
    recorder.noteOnce(Date.now(), `dead for good: ${because}`);
    this.#attempt = this.#run(dead, stillDead)
      .then(() => {
        this.#failures = 0;
      })
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        this.#stuck = text;
        if (error instanceof KnownLossError) {
          this.#notBeforeMs = performance.now() + retryMs;
          return;
        }
        if (error instanceof LeaseTakenError) {
          // The other one may be paused for good: its lease ends by itself, and then it is our turn.
          this.#notBeforeMs = performance.now() + retryMs;
          recorder.noteOnce(Date.now(), error.message);
          this.#context.options.log.info({ cluster: this.#context.options.cluster }, error.message);
          return;
        }
        recorder.noteOnce(Date.now(), `promotion given up: ${text}`);
        this.#context.options.log.error({ cluster: this.#context.options.cluster, error: text }, 'promotion given up');
        this.#notBeforeMs = performance.now() + Math.min(retryMaxMs, retryMs * 2 ** this.#failures);
        this.#failures += 1;
      })
      .finally(() => {
        this.#active = false;
        if (this.#context.running) this.#context.evaluate();
      });
  }

  /**
   * Promotes this very server because an operator says so.
   * @param dead the primary that is to be replaced, where one is known
   * @throws PromotionError, LeaseLostError, NoMajorityError: then it is a replica as before, unless the message says otherwise
   */
  async byOrder(heir: BackendWatch, dead: BackendWatch | undefined): Promise<void> {
    // One that comes to nothing (no candidate, a known loss) is tried again and again, and must not be in the operator's way.
    await Promise.race([this.#attempt, sleep(patienceMs)]);
    if (this.#active) throw new PromotionError('a promotion is under way already');
    const { primary } = this.#context.decision;
    if (primary !== undefined) throw new PromotionError(`${primary} has become primary meanwhile`);
    this.#active = true;
    const { recorder } = this.#context.history;
    recorder.begin(dead?.name, Date.now(), `an operator promotes ${heir.name}`);
    try {
      const lease = await this.#context.coordinator.acquire();
      if (lease === undefined) throw new PromotionError('another proxy is changing this cluster just now');
      try {
        await this.#promote(heir, dead, () => this.#context.decision.primary === undefined, lease);
      } finally {
        await lease.release();
      }
    } catch (error) {
      recorder.note(Date.now(), `promotion given up: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    } finally {
      this.#active = false;
      if (this.#context.running) this.#context.evaluate();
    }
  }

  async #run(dead: BackendWatch, stillDead: () => boolean): Promise<void> {
    const lease = await this.#context.coordinator.acquire();
    if (lease === undefined) throw new LeaseTakenError('another proxy is promoting');
    try {
      await this.#elect(dead, stillDead, lease);
    } finally {
      await lease.release();
    }
  }

  async #elect(dead: BackendWatch, stillDead: () => boolean, lease: Lease): Promise<void> {
    const { watches, decision, history } = this.#context;
    const heirs = watches.filter(
      (watch) => watch.detector.state !== 'down' && (watch === dead || leadsTo(watch.name, dead.name, decision.sources)),
    );
    await Promise.all(heirs.map((watch) => watch.look(false)));
    const candidates = heirs.flatMap((watch) => candidate(watch, dead, this.#context.operatorStates.of(watch.name) !== undefined));
    const election = elect(candidates);
    history.recorder.candidates(reportedCandidates(candidates, election));
    for (const { name, because } of election.rejected) history.recorder.noteOnce(Date.now(), `${name} cannot be promoted: ${because}`);
    for (const warning of election.warnings) {
      history.recorder.noteOnce(Date.now(), warning);
      this.#context.options.log.warn({ cluster: this.#context.options.cluster }, warning);
    }
    const [best] = election.ranked;
    if (best !== undefined) this.#loss.judge(dead, best.name, best.position);
    const refused = election.rejected.map(({ name, because }) => `${name}: ${because}`).join('; ');
    let failure = new PromotionError(`no server can be promoted${refused === '' ? '' : ` (${refused})`}`);
    for (const { name } of election.ranked) {
      const watch = watchNamed(this.#context, name);
      if (watch === undefined) continue;
      try {
        history.recorder.noteOnce(Date.now(), `${name} is the most advanced candidate`);
        return await this.#promote(watch, dead, stillDead, lease);
      } catch (error) {
        if (error instanceof LeaseLostError || (error instanceof PromotionError && error.final)) throw error;
        failure = new PromotionError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        history.recorder.noteOnce(Date.now(), failure.message);
      }
    }
    throw failure;
  }

  /** By the operator's own means: we cannot reach it. Nobody waits for it. */
  #fence(dead: BackendWatch, primary: string): void {
    const { options, history } = this.#context;
    void runFenceCommand(options, dead, primary).then((end) => {
      if (end === undefined) return;
      history.recorder.note(Date.now(), end.text);
      options.log[end.ok ? 'info' : 'error']({ cluster: options.cluster, backend: dead.name }, end.text);
    });
  }

  async #promote(watch: BackendWatch, dead: BackendWatch | undefined, stillDead: () => boolean, lease: Lease): Promise<void> {
    const { options, history } = this.#context;
    const link = await ControlLink.open(watch, options, lease);
    try {
      // Only one server holds the lock that counts: with another candidate we would not meet the other proxy.
      if (!(await takeLock(link, options.cluster))) throw new PromotionError('another proxy is promoting', true);
      this.#unfinished = watch.name;
      const stop = () => (stillDead() ? undefined : 'the old primary is back');
      await walkPromotion(this.#context, link, watch, stop, options.failover.catchUpTimeoutMs);
      const semiSync = await this.#context.semiSync.promoted(watch, link);
      if (semiSync !== undefined) history.recorder.note(Date.now(), semiSync);
      history.appoint(watch.name);
      if (dead !== undefined && dead !== watch) this.#fence(dead, watch.name);
      this.#unfinished = undefined;
      await watch.look(false);
      if (watch.sample?.readOnly !== false) throw new PromotionError('it is not writable after all', true);
      history.recorder.note(Date.now(), `${watch.name} is writable`);
      await this.#events.wake(watch, link);
    } finally {
      this.#unfinished = undefined;
      link.close();
    }
  }
}

function candidate(watch: BackendWatch, dead: BackendWatch, away: boolean): readonly Candidate[] {
  const { sample } = watch;
  if (sample === undefined || watch.detector.state === 'down') return [];
  const { name, priority, neverPromote, zone } = watch.config;
  const replica = replicaOf(sample);
  // The old primary itself, back but read-only, has no source and nothing to apply.
  if (replica === undefined && watch !== dead) return [];
  return [
    {
      name,
      priority,
      sameZone: zone !== undefined && zone === dead.config.zone,
      order: watch.order,
      neverPromote: (neverPromote || away) && watch !== dead,
      position: everything(sample),
      behind: !hasApplied(sample),
      applier: replica?.applier ?? true,
      usesGtid: replica?.usesGtid ?? true,
      delayMs: replica?.delayMs ?? 0,
    },
  ];
}
