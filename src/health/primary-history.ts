import type { Log } from '../telemetry/log-types.js';
import type { Acknowledged } from '../topology/acknowledged.js';
import { isEmpty, join, missing, parsePosition } from '../topology/position.js';
import type { RoleDecision } from '../topology/roles.js';
import { replicaOf } from '../topology/sample.js';
import type { TrafficSignal } from '../topology/snapshot.js';
import type { BackendWatch } from './backend-watch.js';
import type { HealthEvent } from './events.js';
import { FailoverRecorder, type FailoverReport } from './failover-report.js';

/** How long before the loss of the primary a signal from traffic still belongs to its story. */
const signalMemoryMs = 3_000;

/** Who was primary when, and the reports about each change. Times in reports are Unix ms, all others monotonic. */
export class PrimaryHistory {
  readonly recorder: FailoverRecorder;
  readonly #cluster: string;
  readonly #log: Log;
  readonly #emit: (event: HealthEvent) => void;
  /** Last time a backend lost the role or was fenced. */
  readonly #demotedMs = new Map<string, number>();
  /** Former primaries that have not been seen following anybody since. */
  readonly #returning = new Map<string, 'died' | 'demoted'>();
  readonly #served = new Map<string, number>();
  readonly #signals: { readonly atMs: number; readonly seenMs: number; readonly text: string }[] = [];
  /** An operator's switchover is under way. */
  planned = false;
  #incumbent: string | undefined;
  #current: string | undefined;
  #epoch = 0;
  #lostMs = performance.now();
  #alarm: string | undefined;
  #promoting = false;
  #before: string | undefined;

  constructor(cluster: string, log: Log, emit: (event: HealthEvent) => void) {
    this.#cluster = cluster;
    this.#log = log;
    this.#emit = emit;
    this.recorder = new FailoverRecorder(cluster);
  }

  /** The primary so far, also while it is gone. */
  get incumbent(): string | undefined {
    return this.#incumbent;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** When the role was lost, `performance.now()`; of use only while there is no primary. */
  get primaryLostMs(): number {
    return this.#lostMs;
  }

  /** `performance.now()`. */
  demotedMs(backend: string): number | undefined {
    return this.#demotedMs.get(backend);
  }

  /** `Incarnation.serial` of the process that last served as primary under this name. */
  servedAs(backend: string): number | undefined {
    return this.#served.get(backend);
  }

  /** True for a former primary that may come back with less than it promised. */
  isReturning(backend: string): boolean {
    return this.#returning.has(backend);
  }

  /** True for a former primary that died or that we fenced: nobody else has it in hand. */
  hasDied(backend: string): boolean {
    return this.#returning.get(backend) === 'died';
  }

  /** The executor has decided: `backend` is about to be made writable and outranks whoever claims the role. */
  appoint(backend: string): void {
    this.#promoting = true;
    this.#before = this.#incumbent;
    if (this.#incumbent !== undefined && this.#incumbent !== backend) this.#demote(this.#incumbent);
    this.#incumbent = backend;
    this.#returning.delete(backend);
  }

  /** It did not come to that. */
  revoke(): void {
    if (!this.#promoting) return;
    this.#promoting = false;
    this.#incumbent = this.#before;
  }

  fenced(backend: string): void {
    this.#demotedMs.set(backend, performance.now());
    this.#returning.set(backend, 'died');
  }

  signal(signal: TrafficSignal): void {
    const atMs = Date.now();
    this.#signals.push({ atMs, seenMs: performance.now(), text: `traffic: ${signal.backend} ${signal.kind} (${signal.detail})` });
    if (this.#signals.length > 20) this.#signals.shift();
    if (this.recorder.current !== undefined) this.recorder.note(atMs, this.#signals.at(-1)?.text ?? '');
  }

  /** Takes a role decision. Returns true when another server became primary (what was acknowledged before counts no more). */
  update(decision: RoleDecision, watchOf: (name: string) => BackendWatch | undefined, acknowledged: Acknowledged): boolean {
    const nowMs = Date.now();
    this.#alarmOn(decision.alarm);
    for (const [name, { role }] of decision.roles) {
      // A source that is only noted (a switchover that did not get far) is not followed.
      const follows = replicaOf(watchOf(name)?.sample)?.receiver !== 'No';
      if (role === 'replica' && decision.sources.has(name) && follows) this.#returning.delete(name);
    }
    if (decision.primary === this.#current) return false;
    const before = this.#current;
    this.#current = decision.primary;
    if (before !== undefined) this.#lose(before, watchOf(before), nowMs);
    const changed = decision.primary !== undefined && this.#gain(decision.primary, watchOf, acknowledged, nowMs);
    this.#emit({ kind: 'primary', from: before, to: decision.primary, epoch: this.#epoch });
    return changed;
  }

  #lose(name: string, watch: BackendWatch | undefined, nowMs: number): void {
    this.#lostMs = performance.now();
    const down = watch === undefined || watch.detector.state === 'down';
    const why = down ? `${name} is down: ${watch?.detector.lastError ?? ''}` : `${name} answers, but takes no writes any more`;
    this.recorder.begin(name, nowMs, why);
    for (const { atMs, seenMs, text } of this.#signals) {
      const agoMs = performance.now() - seenMs;
      if (agoMs < signalMemoryMs) this.recorder.note(atMs, text, agoMs);
    }
    this.recorder.evidence(why);
    this.#log.warn({ cluster: this.#cluster, backend: name }, `no primary: ${why}`);
    if (down) this.#returning.set(name, 'died');
    else this.#demote(name);
  }

  #gain(name: string, watchOf: (name: string) => BackendWatch | undefined, acknowledged: Acknowledged, nowMs: number): boolean {
    const old = this.recorder.current?.oldPrimary ?? this.#incumbent;
    const changed = old !== undefined && old !== name;
    if (changed) {
      this.#demote(old);
      this.recorder.begin(old, nowMs, `${name} took over from ${old}`);
      this.#listLost(watchOf(old), watchOf(name), acknowledged);
    }
    if (this.#incumbent !== name || this.#epoch === 0) this.#incumbent = name;
    if (changed || this.#epoch === 0) this.#epoch += 1;
    this.#returning.delete(name);
    const served = watchOf(name)?.incarnation?.serial;
    if (served !== undefined) this.#served.set(name, served);
    const oldDown = changed && watchOf(old)?.detector.state === 'down';
    this.recorder.end(this.#kind(changed, oldDown), name, nowMs);
    this.#promoting = false;
    this.#log.info({ cluster: this.#cluster, backend: name, epoch: this.#epoch }, `primary is ${name}`);
    return changed;
  }

  #kind(changed: boolean, oldDown: boolean): Exclude<FailoverReport['kind'], 'open'> {
    if (!changed) return this.planned ? 'aborted' : 'recovery';
    if (this.planned) return 'switchover';
    if (this.#promoting) return 'promotion';
    return oldDown ? 'followed' : 'switchover';
  }

  #demote(name: string): void {
    this.#demotedMs.set(name, performance.now());
    if (!this.#returning.has(name)) this.#returning.set(name, 'demoted');
  }

  #listLost(old: BackendWatch | undefined, fresh: BackendWatch | undefined, acknowledged: Acknowledged): void {
    const sample = fresh?.sample;
    // Galera nodes number their transactions each for itself, and commit them together.
    if (sample === undefined || sample.galera !== undefined) return;
    const had = parsePosition(sample.flavor, sample.executed);
    const told = acknowledged.position(sample.flavor);
    const seen = old?.sample?.flavor === sample.flavor ? join(told, parsePosition(sample.flavor, old.sample.executed)) : told;
    if (isEmpty(seen)) return;
    const { gtids, count } = missing(had, seen);
    if (gtids === '') return;
    this.recorder.lost(gtids, count);
    this.#log.error(
      { cluster: this.#cluster, lostGtids: gtids, count },
      `${fresh?.name} does not have ${count} transaction(s) of ${old?.name}`,
    );
  }

  #alarmOn(text: string | undefined): void {
    if (text === this.#alarm) return;
    this.#alarm = text;
    if (text === undefined) return;
    this.#log.error({ cluster: this.#cluster }, text);
    this.#emit({ kind: 'alarm', text });
  }
}
