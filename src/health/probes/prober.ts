import type { Observation } from '../../topology/failure-detector.js';
import type { ServerSample } from '../../topology/sample.js';
import { TimeoutError } from './deadline.js';
import { askProcess, askRound, type ProcessFacts, type StatusWords } from './probe-statements.js';
import { dialServer, type LinkOptions, type SeenGreeting, type ServerLink, serverErrno } from './server-link.js';

export type ProbeOutcome =
  | {
      readonly kind: 'ok';
      readonly slow?: boolean;
      readonly sample: ServerSample;
      readonly greeting: SeenGreeting;
      readonly facts: ProcessFacts;
      /** When the connection that answered was opened (Unix ms): the server has not restarted since. */
      readonly linkSinceMs: number;
      readonly latencyMs: number;
    }
  | Exclude<Observation, { kind: 'ok' }>;

/** Share of the time-out within which a slow server has to answer to be normal again. */
const recovered = 0.8;

interface OpenLink {
  readonly link: ServerLink;
  readonly facts: ProcessFacts;
  readonly sinceMs: number;
}

/** Asks one server, over one connection that is kept between probes and dialled again when it broke. One probe at a time. */
export class Prober {
  readonly #options: LinkOptions;
  timeoutMs: number;
  #open: OpenLink | undefined;
  #words: StatusWords = 'SHOW REPLICA STATUS';
  #closed = false;

  constructor(options: LinkOptions, timeoutMs: number) {
    this.#options = options;
    this.timeoutMs = timeoutMs;
  }

  /** Server-side id of the probe connection, so that fencing spares it. */
  get threadId(): number | undefined {
    return this.#open?.link.greeting.threadId;
  }

  /**
   * One look, done within `patience` time-outs. `fresh` dials anew even when the kept connection works: a server that is shutting down closes
   * its port first and its connections later. Never rejects.
   */
  async probe(fresh: boolean, patience = 1): Promise<ProbeOutcome> {
    const beganMs = performance.now();
    const outcome = await this.#probe(fresh, beganMs + this.timeoutMs * patience);
    if (outcome.kind === 'ok') {
      // One that was slow has to be clearly inside the time-out again, or the next probe would lose it.
      const limitMs = this.timeoutMs * (patience > 1 ? recovered : 1);
      return { ...outcome, slow: performance.now() - beganMs > limitMs };
    }
    return outcome.kind === 'timeout' ? { ...outcome, worth: patience } : outcome;
  }

  async #probe(fresh: boolean, until: number): Promise<ProbeOutcome> {
    const remainingMs = () => Math.max(1, until - performance.now());
    const kept = this.#open;
    if (kept !== undefined && !kept.link.broken && !fresh) {
      try {
        return await this.#ask(kept, remainingMs);
      } catch (error) {
        const failed = failure(error);
        if (failed.kind === 'timeout' || failed.kind === 'denied') return this.#drop(failed);
        // The connection broke. That may have been just this connection: only dialling anew tells.
        this.#drop(failed);
        return this.#dial(remainingMs, true);
      }
    }
    return this.#dial(remainingMs, kept?.link.broken === true);
  }

  close(): void {
    this.#closed = true;
    this.#open?.link.end();
    this.#open = undefined;
  }

  async #dial(remainingMs: () => number, hadBroken: boolean): Promise<ProbeOutcome> {
    let link: ServerLink | undefined;
    try {
      link = await dialServer(this.#options, remainingMs());
      const facts = await askProcess(link, remainingMs());
      if (this.#closed) throw new Error('the monitor was stopped');
      const before = this.#open;
      this.#open = { link, facts, sinceMs: performance.now() };
      before?.link.end();
      return await this.#ask(this.#open, remainingMs);
    } catch (error) {
      link?.destroy();
      const failed = failure(error);
      // A connection that broke and a port that refuses are two signs of the same thing: no third is needed.
      if (failed.kind === 'refused' || failed.kind === 'reset') return this.#drop({ ...failed, confirmed: hadBroken });
      if (failed.kind !== 'denied') return this.#drop(failed);
      // No connection left for us (1040) says nothing about the one we still have.
      const kept = this.#open;
      return kept === undefined || kept.link.broken ? failed : this.#askKept(kept, remainingMs);
    }
  }

  async #askKept(kept: OpenLink, remainingMs: () => number): Promise<ProbeOutcome> {
    try {
      return await this.#ask(kept, remainingMs);
    } catch (error) {
      return this.#drop(failure(error));
    }
  }

  async #ask(open: OpenLink, remainingMs: () => number): Promise<ProbeOutcome> {
    const beganMs = performance.now();
    const { sample, words } = await askRound(open.link, open.facts, this.#words, remainingMs);
    this.#words = words;
    const { greeting } = open.link;
    return { kind: 'ok', sample, greeting, facts: open.facts, linkSinceMs: open.sinceMs, latencyMs: performance.now() - beganMs };
  }

  #drop(outcome: ProbeOutcome): ProbeOutcome {
    this.#open?.link.destroy();
    this.#open = undefined;
    return outcome;
  }
}

type Failure = Exclude<ProbeOutcome, { kind: 'ok' }>;

function failure(error: unknown): Failure {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (error instanceof TimeoutError) return { kind: 'timeout', detail: error.message };
  const detail = `${typeof code === 'string' && !String(message).includes(code) ? `${code}: ` : ''}${String(message)}`;
  const errno = serverErrno(error);
  // 1053: shutting down. 1927 and 4031: this connection was ended. All other errors are answers of a living server.
  if (errno === 1053 || errno === 1927 || errno === 4031) return { kind: 'reset', confirmed: false, detail };
  if (errno !== undefined) return { kind: 'denied', detail };
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return { kind: 'refused', confirmed: false, detail };
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      // The network or the name service speaks here, not the server.
      return { kind: 'timeout', detail };
    default:
      return { kind: 'reset', confirmed: false, detail };
  }
}
