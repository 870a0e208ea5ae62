import { isDeepStrictEqual } from 'node:util';
import { type DetectorState, type DetectorThresholds, observe, patience, unseen } from '../topology/failure-detector.js';
import type { ServerSample } from '../topology/sample.js';
import { replicaOf } from '../topology/sample.js';
import type { ServerIdentity } from '../topology/snapshot.js';
import type { MonitoredBackend } from './options.js';
import { type ProbeOutcome, Prober } from './probes/prober.js';
import type { LinkOptions } from './probes/server-link.js';

/** Pause before a first refusal is looked at again: long enough for a listener's backlog, short against everything else. */
const confirmAfterMs = 15;

/** A life of the server process that we have seen. */
export interface Incarnation {
  /** Counts the lives of this server's process that we have seen. */
  readonly serial: number;
  readonly startedServerSeconds: number;
  /** Start by our `performance.now()`; the true start lies within the second that follows. */
  readonly startedMs: number;
  /** `performance.now()` when we first talked to it. */
  readonly firstSeenMs: number;
}

/**
 * Everything known about one backend, and its probes: one at a time, a refusal looked at twice, fresh looks shared by all who ask.
 */
export class BackendWatch {
  #config: MonitoredBackend;
  #order: number;
  /** How to reach it; failover dials its own connections. The same object for life; a reload changes what it says. */
  readonly link: LinkOptions;
  readonly #prober: Prober;
  #thresholds: DetectorThresholds;
  readonly #onChange: (watch: BackendWatch, outcome: ProbeOutcome) => void;
  detector: DetectorState;
  sample: ServerSample | undefined;
  identity: ServerIdentity | undefined;
  incarnation: Incarnation | undefined;
  latencyMs: number | undefined;
  /** Last replication delay seen while the source was connected. */
  lastLagMs: number | undefined;
  /** When the connection behind the last answer was opened, `performance.now()`. */
  linkSinceMs: number | undefined;
  /** True once a first probe has ended, well or not. */
  looked = false;
  #running: { readonly beganMs: number; readonly fresh: boolean; readonly done: Promise<void> } | undefined;
  #queued: { fresh: boolean; readonly done: Promise<void> } | undefined;
  #confirm: NodeJS.Timeout | undefined;
  #stopped = false;
  /** The port refused since the last answer. */
  #refused = false;
  #lastThreadId = 0;

  constructor(
    config: MonitoredBackend,
    order: number,
    link: LinkOptions,
    timeoutMs: number,
    thresholds: DetectorThresholds,
    onChange: (watch: BackendWatch, outcome: ProbeOutcome) => void,
  ) {
    this.#config = config;
    this.#order = order;
    this.link = link;
    this.#prober = new Prober(link, timeoutMs);
    this.#thresholds = thresholds;
    this.#onChange = onChange;
    this.detector = unseen(performance.now());
  }

  get name(): string {
    return this.#config.name;
  }

  get config(): MonitoredBackend {
    return this.#config;
  }

  /** Its place in the configuration. */
  get order(): number {
    return this.#order;
  }

  /** What a reload brings; the next look goes by it. The address is the same, or it would be another server. */
  reconfigure(config: MonitoredBackend, order: number, link: LinkOptions, timeoutMs: number, thresholds: DetectorThresholds): void {
    const { account, preamble } = this.link;
    this.#config = config;
    this.#order = order;
    this.#thresholds = thresholds;
    this.#prober.timeoutMs = timeoutMs;
    Object.assign(this.link, link);
    // The kept connection was opened by the old words, which may be none the server accepts any more.
    if (!isDeepStrictEqual([account, preamble], [link.account, link.preamble])) void this.look(true);
  }

  get threadId(): number | undefined {
    return this.#prober.threadId;
  }

  get probing(): boolean {
    return this.#running !== undefined;
  }

  /** Starts a probe unless one runs. */
  tick(): void {
    if (this.#running === undefined && this.#queued === undefined) this.#start(false);
  }

  /** A look that begins after this call; resolves when it has been judged. `fresh` also proves that the port is open. */
  look(fresh: boolean): Promise<void> {
    if (this.#running === undefined) return this.#start(fresh);
    if (this.#queued !== undefined) {
      this.#queued.fresh ||= fresh;
      return this.#queued.done;
    }
    const queued = { fresh, done: this.#running.done.then(() => this.#startQueued()) };
    this.#queued = queued;
    return queued.done;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#confirm);
    this.#prober.close();
  }

  #startQueued(): Promise<void> {
    const fresh = this.#queued?.fresh ?? false;
    this.#queued = undefined;
    return this.#stopped ? Promise.resolve() : this.#start(fresh);
  }

  #start(fresh: boolean): Promise<void> {
    clearTimeout(this.#confirm);
    const beganMs = performance.now();
    const done = this.#prober.probe(fresh, patience(this.detector)).then((outcome) => {
      this.#running = undefined;
      if (!this.#stopped) this.#judge(outcome, beganMs);
    });
    this.#running = { beganMs, fresh, done };
    return done;
  }

  #judge(outcome: ProbeOutcome, beganMs: number): void {
    const nowMs = performance.now();
    this.looked = true;
    this.#refused ||= outcome.kind === 'refused';
    this.detector = observe(this.detector, outcome, this.#thresholds, beganMs, nowMs);
    if (outcome.kind === 'ok') this.#learn(outcome);
    this.#onChange(this, outcome);
    // What failed once is looked at again at once: the second look decides. A time-out took its time already.
    const { state } = this.detector;
    if (state !== 'suspect' || outcome.kind === 'denied' || outcome.kind === 'ok' || this.#queued !== undefined || this.#stopped) return;
    this.#confirm = setTimeout(() => this.tick(), outcome.kind === 'timeout' ? 0 : confirmAfterMs);
  }

  #learn(outcome: Extract<ProbeOutcome, { kind: 'ok' }>): void {
    const { sample, greeting, facts } = outcome;
    this.sample = sample;
    this.latencyMs = outcome.latencyMs;
    this.linkSinceMs = outcome.linkSinceMs;
    const replica = replicaOf(sample);
    if (replica?.receiver === 'Yes') this.lastLagMs = replica.lagMs;
    const known = this.incarnation;
    // Two lives may begin in the same second: a port that refused, or connection numbers that begin anew, tell them apart.
    const sameLife =
      known?.startedServerSeconds === facts.startedServerSeconds &&
      this.identity?.id === facts.id &&
      !this.#refused &&
      greeting.threadId >= this.#lastThreadId;
    this.#refused = false;
    this.#lastThreadId = greeting.threadId;
    if (known === undefined || !sameLife) {
      this.incarnation = {
        serial: (known?.serial ?? 0) + 1,
        startedServerSeconds: facts.startedServerSeconds,
        startedMs: facts.startedMs,
        firstSeenMs: outcome.linkSinceMs,
      };
    }
    if (sameLife && this.identity !== undefined) return;
    this.identity = {
      flavor: facts.flavor,
      greetingVersion: greeting.serverVersion,
      capabilities: greeting.capabilities,
      mariadbCapabilities: greeting.mariadbCapabilities,
      charset: greeting.charset,
      id: facts.id,
      startedAtMs: Math.round(Date.now() - performance.now() + (this.incarnation?.startedMs ?? facts.startedMs)),
    };
  }
}
