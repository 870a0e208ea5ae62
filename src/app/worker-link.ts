import type { ClusterLink, GroupMarks, SessionOutcome } from '../topology/link.js';
import { Marks } from '../topology/marks.js';
import { type PositionReport, shifted } from '../topology/position-report.js';
import { PositionView } from '../topology/position-view.js';
import type { ClusterSnapshot, TrafficSignal, Verdict } from '../topology/snapshot.js';
import { GroupInquiry } from './group-inquiry.js';
import { FROM_MACHINE_MS, TO_MACHINE_MS } from './machine-clock.js';
import type { MarkList } from './mark-rounds.js';
import type { ToSupervisor } from './messages.js';

/** Acknowledged GTIDs and outcomes travel to the supervisor in lots, this often. */
const TALLY_MS = 200;

/** Supervisor and worker live on one machine: an answer that takes longer will not come, and the session must not wait for ever. */
const VERDICT_TIMEOUT_MS = 15_000;

/** The supervisor keeps time itself; without its answer nobody waits longer. */
const SUPERVISOR_SLACK_MS = 2_000;

/** A worker's view of one cluster: a mirror of the supervisor's monitor, fed by messages. */
export class WorkerLink implements ClusterLink {
  readonly #send: (message: ToSupervisor) => void;
  readonly #listeners = new Set<(snapshot: ClusterSnapshot) => void>();
  readonly #verdicts = new Map<number, (verdict: Verdict) => void>();
  readonly #shownTo = new Map<number, () => void>();
  readonly #outcomes = new Map<SessionOutcome, number>();
  #longestHoldMs = 0;
  readonly #latestGtid = new Map<string, string>();
  readonly positions = new PositionView();
  readonly groupMarksAtHand = undefined;
  readonly #marks = new Marks();
  readonly #inquiry: GroupInquiry;
  #snapshot: ClusterSnapshot;
  #quarantined: ReadonlySet<string> = new Set();
  #request = 0;
  #tally: NodeJS.Timeout | undefined;
  watchesDigests = false;

  constructor(snapshot: ClusterSnapshot, send: (message: ToSupervisor) => void) {
    this.#snapshot = snapshot;
    this.#send = send;
    this.#inquiry = new GroupInquiry((request) => send({ type: 'ask-marks', cluster: this.#snapshot.cluster, request }));
  }

  get snapshot(): ClusterSnapshot {
    return this.#snapshot;
  }

  /** A newer view has come; older ones that were overtaken are ignored. */
  follow(snapshot: ClusterSnapshot): void {
    if (snapshot.version <= this.#snapshot.version) return;
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener(snapshot);
  }

  /** How far the servers are; times by the machine's clock. */
  moved(report: PositionReport): void {
    this.positions.update(shifted(report, FROM_MACHINE_MS));
  }

  groupMarks(): Promise<GroupMarks | undefined> {
    return this.#inquiry.ask(this.#marks);
  }

  /** The answer to what `groupMarks` asked. */
  groupTold(request: number, marks: MarkList | undefined, notBeforeMs: number): void {
    this.#inquiry.answered(request, marks, notBeforeMs + FROM_MACHINE_MS);
  }

  /** For another worker that asks. What a failover lost is not worth asking for. */
  get ownMarks(): MarkList {
    const look = this.positions.primaryLook(this.#snapshot.primary);
    if (look !== undefined) this.#marks.cut(look);
    return [...this.#marks];
  }

  digests(watched: boolean, quarantined: readonly string[]): void {
    this.watchesDigests = watched;
    this.#quarantined = new Set(quarantined);
  }

  /** The supervisor's answer. */
  judged(request: number, verdict: Verdict): void {
    const resolve = this.#verdicts.get(request);
    this.#verdicts.delete(request);
    resolve?.(verdict);
  }

  subscribe(listener: (snapshot: ClusterSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  report(signal: TrafficSignal): void {
    this.#send({ type: 'signal', cluster: this.#snapshot.cluster, signal });
  }

  verdict(backend: string, connectedAtMs: number): Promise<Verdict> {
    this.#request += 1;
    const request = this.#request;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.judged(request, 'dead'), VERDICT_TIMEOUT_MS);
      this.#verdicts.set(request, (verdict) => {
        clearTimeout(timer);
        resolve(verdict);
      });
      const onMachineMs = connectedAtMs + TO_MACHINE_MS;
      this.#send({ type: 'verdict', request, cluster: this.#snapshot.cluster, backend, connectedAtMs: onMachineMs });
    });
  }

  primaryShows(budgetMs: number): Promise<void> {
    this.#request += 1;
    const request = this.#request;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.shown(request), budgetMs + SUPERVISOR_SLACK_MS);
      this.#shownTo.set(request, () => {
        clearTimeout(timer);
        resolve();
      });
      this.#send({ type: 'ask-shown', cluster: this.#snapshot.cluster, request, budgetMs });
    });
  }

  /** The answer to what `primaryShows` asked. */
  shown(request: number): void {
    const resolve = this.#shownTo.get(request);
    this.#shownTo.delete(request);
    resolve?.();
  }

  acknowledged(gtid: string): void {
    this.#marks.add(gtid, performance.now());
    // Of one source (server uuid, or MariaDB's domain and server) the latest stands for all before it.
    const source = gtid.slice(0, Math.max(gtid.lastIndexOf(':'), gtid.lastIndexOf('-')));
    this.#latestGtid.set(source, gtid);
    this.#tallySoon();
  }

  outcome(outcome: SessionOutcome, heldMs = 0): void {
    this.#longestHoldMs = Math.max(this.#longestHoldMs, heldMs);
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    this.#tallySoon();
  }

  inFlightAtDeath(backend: string, digests: readonly string[]): void {
    this.#send({ type: 'in-flight', cluster: this.#snapshot.cluster, backend, digests });
  }

  completed(digest: string): void {
    this.#send({ type: 'completed', cluster: this.#snapshot.cluster, digest });
  }

  isQuarantined(digest: string): boolean {
    return this.#quarantined.has(digest);
  }

  #tallySoon(): void {
    this.#tally ??= setTimeout(() => {
      this.#tally = undefined;
      this.#send({
        type: 'tally',
        cluster: this.#snapshot.cluster,
        gtids: [...this.#latestGtid.values()],
        outcomes: [...this.#outcomes],
        longestHoldMs: this.#longestHoldMs,
      });
      this.#latestGtid.clear();
      this.#outcomes.clear();
      this.#longestHoldMs = 0;
    }, TALLY_MS);
  }
}
