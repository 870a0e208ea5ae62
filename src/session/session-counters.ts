import type { PacketSocket } from '../net/packet-socket.js';
import type { ClientStats } from '../telemetry/client-stats.js';
import type { Phase } from './phases.js';

/** Keeps one session's part of the client counters: its state, and what its client's socket has carried. */
export class SessionCounters {
  readonly #stats: ClientStats;
  #state: 'active' | 'idle' | 'held' | undefined;
  #read = 0;
  #written = 0;

  constructor(stats: ClientStats) {
    this.#stats = stats;
  }

  /** The session changed its phase, or began or ceased to wait for a target. */
  state(phase: Phase, holding: boolean): void {
    const now = phase === 'closed' ? undefined : holding ? 'held' : phase === 'idle' ? 'idle' : 'active';
    if (now === this.#state) return;
    this.#stats.state(this.#state, now);
    this.#state = now;
  }

  /** Adds what the socket has carried since the last call. */
  bytes({ bytesRead, bytesWritten }: PacketSocket): void {
    this.#stats.received(bytesRead - this.#read);
    this.#stats.sent(bytesWritten - this.#written);
    this.#read = bytesRead;
    this.#written = bytesWritten;
  }
}
