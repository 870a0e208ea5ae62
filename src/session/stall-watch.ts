import type { Log } from '../telemetry/log-types.js';
import type { Stats } from '../telemetry/stats.js';
import type { Session } from './session.js';

/** A server that has answered none for this long is said to stall. */
const STALL_MS = 10_000;
/** One slow statement is no stall. */
const FEWEST = 2;

interface Waiting {
  count: number;
  cluster: string;
}

interface Track {
  /** Writes answered by it so far, and since when that number has not changed while some wait. */
  answered: number;
  sinceMs: number;
  told: boolean;
}

/**
 * Says when a server answers its checks but no writes: its disk is full or slow, somebody holds a lock, or it waits for a replica. Servers then wait and are not
 * dead, and no role is moved for it (an operator may); one for all sessions of a process.
 */
export class StallWatch {
  readonly #stats: Stats;
  readonly #log: Log;
  readonly #tracks = new Map<string, Track>();

  constructor(stats: Stats, log: Log) {
    this.#stats = stats;
    this.#log = log;
  }

  /** Call it about once a second. @param nowMs `performance.now()` */
  look(sessions: Iterable<Session>, nowMs: number): void {
    const waiting = new Map<string, Waiting>();
    for (const session of sessions) count(waiting, session);
    for (const [backend, { count: writes, cluster }] of waiting) this.#follow(backend, cluster, writes, nowMs);
    for (const [backend, track] of this.#tracks) if (!waiting.has(backend)) this.#over(backend, track, nowMs);
  }

  #follow(backend: string, cluster: string, writes: number, nowMs: number): void {
    const { counts } = this.#stats.backend(backend);
    const answered = counts.ok.write + counts.error.write + counts.ok.transaction + counts.ok.ddl;
    const track = this.#tracks.get(backend);
    if (track === undefined) {
      this.#tracks.set(backend, { answered, sinceMs: nowMs, told: false });
      return;
    }
    if (track.answered !== answered) {
      this.#over(backend, track, nowMs);
      this.#tracks.set(backend, { answered, sinceMs: nowMs, told: false });
      return;
    }
    if (writes < FEWEST || nowMs - track.sinceMs < STALL_MS) return;
    counts.stalledWrites = writes;
    if (track.told) return;
    track.told = true;
    const seconds = Math.round((nowMs - track.sinceMs) / 1000);
    this.#log.warn(
      { cluster, backend, writes, seconds },
      `${backend} has answered no write for ${seconds} s, and ${writes} wait: look at its disk (full or slow), at locks and at semi-sync; as long as it answers checks its role is not moved by itself`,
    );
  }

  #over(backend: string, { told, sinceMs }: Track, nowMs: number): void {
    this.#tracks.delete(backend);
    this.#stats.backend(backend).counts.stalledWrites = 0;
    if (told) this.#log.info({ backend }, `${backend} no longer lets writes wait, after ${Math.round((nowMs - sinceMs) / 1000)} s`);
  }
}

function count(waiting: Map<string, Waiting>, { phase, statement, attachment, cluster }: Session): void {
  if (phase !== 'running' || statement?.sent !== true || attachment === undefined) return;
  const { kind } = statement.traits;
  if (kind !== 'write' && kind !== 'ddl' && kind !== 'transaction') return;
  const found = waiting.get(attachment.backend);
  if (found === undefined) waiting.set(attachment.backend, { count: 1, cluster: cluster.name });
  else found.count += 1;
}
