import type { BackendProgress, PositionReport } from './position-report.js';
import { covers, horizonOf, listedOf, type Progress, progressOf } from './progress.js';
import { replicaOf, type ServerSample } from './sample.js';

/** Looks at one server that showed different things are kept this many. */
const KEPT_LOOKS = 64;

/** A look at a server, as a source of what others are to have. */
interface Look {
  readonly horizon: Progress;
  /** The last time that it showed just this. */
  atMs: number;
}

interface Server {
  sample: ServerSample;
  /** What its newest sample lists. */
  listed: Progress;
  /** Oldest first. */
  looks: Look[];
  reached: Progress;
  freshAsOf: Map<string, number>;
  setBack: boolean;
  dirty: boolean;
}

/**
 * Turns the monitor's samples into what sessions want to know: how far each server is, and as of when it has everything that another
 * had. Pure but for what it remembers.
 */
export class PositionBoard {
  readonly #servers = new Map<string, Server>();
  /** A replica that was further behind than this at its last look is not worth waiting for. */
  keepsUpMs: number;
  #primary: string | undefined;
  #primarySinceMs = Number.POSITIVE_INFINITY;

  constructor(keepsUpMs: number) {
    this.keepsUpMs = keepsUpMs;
  }

  /**
   * Who is primary from now on; while there is none, the last one stays the measure. Only what is asked of it from now on tells what the
   * cluster has: before, it may not have applied all.
   */
  primaryIs(name: string | undefined, nowMs: number): void {
    if (name === undefined || name === this.#primary) return;
    this.#primary = name;
    this.#primarySinceMs = nowMs;
    const server = this.#servers.get(name);
    if (server !== undefined) server.dirty = true;
  }

  /** Takes a look at a server. */
  saw(name: string, sample: ServerSample): void {
    const server = this.#note(name, sample);
    this.#measure(name, server);
    // The primary's numbers say which gaps of the others are none; and others may have what this one shows.
    for (const [other, each] of this.#servers) if (other !== name) this.#compare(each, name, server);
  }

  /** What is new since the last call; undefined when nothing is. */
  take(): PositionReport | undefined {
    const backends: BackendProgress[] = [];
    for (const [name, server] of this.#servers) {
      if (!server.dirty) continue;
      backends.push(this.#progress(name, server));
      server.dirty = false;
      server.setBack = false;
    }
    return backends.length === 0 ? undefined : { backends };
  }

  /** Everything, for who begins to listen. */
  get whole(): PositionReport {
    return { backends: [...this.#servers].map(([name, server]) => this.#progress(name, server)) };
  }

  #note(name: string, sample: ServerSample): Server {
    const horizon = horizonOf(sample);
    const listed = listedOf(sample);
    const known = this.#servers.get(name);
    if (known === undefined) {
      const look = { horizon, atMs: sample.askedAtMs };
      const fresh = { sample, listed, looks: [look], reached: new Map(), freshAsOf: new Map(), setBack: false, dirty: true };
      this.#servers.set(name, fresh);
      return fresh;
    }
    if (known.sample.id !== sample.id || !covers(listed, known.listed)) {
      // Another server, or one that was set up anew: its earlier looks mean nothing any more.
      known.looks = [];
      known.setBack = true;
      for (const other of this.#servers.values()) if (other.freshAsOf.delete(name)) other.dirty = true;
    }
    const same = known.looks.at(-1);
    if (same !== undefined && covers(same.horizon, horizon) && covers(horizon, same.horizon)) same.atMs = sample.askedAtMs;
    else known.looks.push({ horizon, atMs: sample.askedAtMs });
    if (known.looks.length > KEPT_LOOKS) known.looks.shift();
    known.sample = sample;
    known.listed = listed;
    return known;
  }

  #measure(name: string, server: Server): void {
    const reached = this.#reached(name, server);
    if (server.setBack || !covers(reached, server.reached)) {
      server.setBack = true;
      server.freshAsOf = new Map();
    }
    server.reached = reached;
    server.dirty = true;
    for (const [other, each] of this.#servers) if (other !== name) this.#compare(server, other, each);
  }

  /** The primary itself has no gaps. */
  #reached(name: string, server: Server): Progress {
    if (name === this.#primary) return server.listed;
    return progressOf(server.sample, this.#servers.get(this.#primary ?? '')?.sample);
  }

  /** Finds the newest look at `source` of which `holder` has everything. */
  #compare(holder: Server, source: string, { looks }: Server): void {
    for (let index = looks.length - 1; index >= 0; index -= 1) {
      const look = looks[index];
      if (look === undefined || !covers(holder.reached, look.horizon)) continue;
      if (look.atMs > (holder.freshAsOf.get(source) ?? Number.NEGATIVE_INFINITY)) {
        holder.freshAsOf.set(source, look.atMs);
        holder.dirty = true;
      }
      return;
    }
  }

  #progress(name: string, server: Server): BackendProgress {
    const { sample, reached, freshAsOf, setBack } = server;
    const several = sample.flavor === 'mariadb' && (server.looks.at(-1)?.horizon.size ?? 0) > 1;
    return {
      backend: name,
      sampledAtMs: sample.askedAtMs,
      reached: [...reached],
      freshAsOf: [...freshAsOf],
      keepsUp: this.#keepsUp(server),
      setBack,
      severalStreams: several,
      ...(name === this.#primary && { primarySinceMs: this.#primarySinceMs }),
    };
  }

  #keepsUp({ sample, freshAsOf }: Server): boolean {
    const replica = replicaOf(sample);
    if (replica !== undefined && (!replica.applier || replica.receiver !== 'Yes' || replica.delayMs > 0)) return false;
    const freshMs = freshAsOf.get(this.#primary ?? '');
    return freshMs !== undefined && sample.askedAtMs - freshMs <= this.keepsUpMs;
  }
}
