import { type ReceiverState, type ReplicaStatus, replicaOf } from '../topology/sample.js';
import type { Sources } from '../topology/sources.js';
import type { Bounce, Witness } from '../topology/witness.js';
import type { BackendWatch } from './backend-watch.js';
import { ControlLink } from './control-link.js';
import type { Coordinator, Lease } from './coordination/coordinator.js';
import type { MonitorOptions } from './options.js';

/** First pause between two restarts of the same receiver, doubled each time. */
const bounceAgainMs = 5_000;
const bounceAgainMaxMs = 60_000;

interface Track {
  /** Receiver state when its source last answered us. */
  receiverThen: ReceiverState | undefined;
  readPosition: string;
  stillSinceMs: number;
  connectingSinceMs: number | undefined;
  bounce: Bounce | undefined;
  bounces: number;
}

/** Remembers what each replica showed of its source over time, and restarts a receiver to find out more. */
export class WitnessLog {
  readonly #options: MonitorOptions;
  readonly #coordinator: Coordinator;
  readonly #tracks = new Map<string, Track>();

  constructor(options: MonitorOptions, coordinator: Coordinator) {
    this.#options = options;
    this.#coordinator = coordinator;
  }

  /** Called for each good sample of any server. */
  sampled(watch: BackendWatch, watches: readonly BackendWatch[], sources: Sources): void {
    const replica = replicaOf(watch.sample);
    if (replica !== undefined && watch.sample !== undefined) {
      this.#follow(watch.name, replica, watch.sample.askedAtMs);
      const source = watches.find((other) => other.name === sources.get(watch.name));
      // Seen connected while the source is well: that holds too, if the source never answers again. Not the other way round: it may
      // just have died, unnoticed yet.
      if (replica.receiver === 'Yes' && source?.detector.state === 'online') this.#track(watch.name, replica).receiverThen = 'Yes';
    }
    // `watch` answers as a source: what do its replicas show at this moment?
    for (const other of watches) {
      const status = replicaOf(other.sample);
      if (status === undefined || sources.get(other.name) !== watch.name) continue;
      const track = this.#track(other.name, status);
      track.receiverThen = status.receiver;
      track.bounce = undefined;
      track.bounces = 0;
    }
  }

  /**
   * The replicas of `source` as witnesses, the least likely heir first: the first is bounced, and MySQL needs two seconds to stop a
   * receiver that waits for the greeting of a frozen source, which would delay the promotion of that replica.
   */
  witnesses(source: string, watches: readonly BackendWatch[], sources: Sources): readonly Witness[] {
    const found: Witness[] = [];
    const heirsLast = [...watches].sort(
      (a, b) => Number(b.config.neverPromote) - Number(a.config.neverPromote) || a.config.priority - b.config.priority || b.order - a.order,
    );
    for (const watch of heirsLast) {
      const replica = replicaOf(watch.sample);
      if (replica === undefined || sources.get(watch.name) !== source) continue;
      const track = this.#track(watch.name, replica);
      found.push({
        name: watch.name,
        sampledMs: watch.detector.state === 'down' ? undefined : watch.sample?.askedAtMs,
        receiverThen: track.receiverThen,
        receiver: replica.receiver,
        connectingSinceMs: track.connectingSinceMs,
        receiverErrno: replica.receiverErrno,
        applier: replica.applier,
        stillSinceMs: track.stillSinceMs,
        bounce: track.bounce,
      });
    }
    return found;
  }

  /** A replica was just told to connect to its source: whether it can is as good as after a bounce. */
  restarted(replica: string): void {
    const track = this.#tracks.get(replica);
    const nowMs = performance.now();
    if (track !== undefined) track.bounce = { restartedMs: nowMs, connectedMs: undefined, againMs: nowMs + bounceAgainMs };
  }

  /** Restarts the receiver of a replica, never its applier, unless another proxy has the lease. Throws when the account may not. */
  async bounce(watch: BackendWatch): Promise<void> {
    const track = this.#tracks.get(watch.name);
    if (track === undefined) return;
    const lease = await this.#coordinator.acquire();
    if (lease === undefined) return;
    try {
      await this.#bounce(watch, track, lease);
    } finally {
      await lease.release();
    }
  }

  async #bounce(watch: BackendWatch, track: Track, lease: Lease): Promise<void> {
    const againMs = performance.now() + Math.min(bounceAgainMaxMs, bounceAgainMs * 2 ** track.bounces);
    track.bounces += 1;
    track.bounce = { restartedMs: undefined, connectedMs: undefined, againMs };
    const link = await ControlLink.open(watch, this.#options, lease);
    try {
      const replica = replicaOf(await link.look());
      if (replica?.receiver === 'Yes' && replica.applier) await link.change(`${link.words.stopReceiver}; ${link.words.startReceiver}`);
    } finally {
      link.close();
      track.bounce = { restartedMs: performance.now(), connectedMs: undefined, againMs };
    }
  }

  #follow(name: string, replica: ReplicaStatus, askedAtMs: number): void {
    const track = this.#track(name, replica);
    if (track.readPosition !== replica.readPosition) {
      track.readPosition = replica.readPosition;
      track.stillSinceMs = askedAtMs;
    }
    track.connectingSinceMs = replica.receiver === 'Connecting' ? (track.connectingSinceMs ?? askedAtMs) : undefined;
    const { bounce } = track;
    if (
      bounce?.restartedMs !== undefined &&
      bounce.connectedMs === undefined &&
      replica.receiver === 'Yes' &&
      askedAtMs >= bounce.restartedMs
    ) {
      track.bounce = { ...bounce, connectedMs: askedAtMs };
    }
  }

  #track(name: string, replica: ReplicaStatus): Track {
    let track = this.#tracks.get(name);
    if (track === undefined) {
      track = {
        receiverThen: undefined,
        readPosition: replica.readPosition,
        stillSinceMs: performance.now(),
        connectingSinceMs: undefined,
        bounce: undefined,
        bounces: 0,
      };
      this.#tracks.set(name, track);
    }
    return track;
  }
}
