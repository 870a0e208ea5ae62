import type { Attachment } from '../attachment.js';
import type { Session } from '../session.js';
import { SessionTrace, type TraceLimits } from './session-trace.js';
import { shownText } from './shown-text.js';

/** Running at once in one process, and kept to be fetched. */
const MOST = 8;
/** A trace that has ended can be fetched for so long, ms. */
const KEPT_MS = 600_000;

/** The traces of one process, by session. */
export class SessionTraces {
  readonly #traces = new Map<number, SessionTrace>();

  /**
   * Begins to write down a session's packets; one that runs begins anew.
   * @throws TraceRefused when it cannot be now
   */
  start(session: Session, limits: TraceLimits): SessionTrace {
    const { id } = session.opening;
    this.#traces.get(id)?.end('begun anew');
    this.#traces.delete(id);
    for (const [other, trace] of this.#traces) if (this.#traces.size >= MOST && !trace.state.running) this.#traces.delete(other);
    if (this.#traces.size >= MOST) throw new TraceRefused(`${MOST} traces run already in its process`);
    if (session.isStreaming || session.attachment?.relay.midPacket === true)
      throw new TraceRefused('the session is in the middle of a large packet: try again');
    const trace = new SessionTrace(id, limits, shownText(session));
    this.#traces.set(id, trace);
    setTimeout(() => this.#forget(id, trace), limits.seconds * 1000 + KEPT_MS).unref();
    trace.watch(session.client, 'client', 'client', session.identity);
    for (const each of [session.attachment, ...session.parked]) if (each !== undefined) watch(trace, each);
    return trace;
  }

  find(session: number): SessionTrace | undefined {
    return this.#traces.get(session);
  }

  /** A session has got another connection. */
  joined(session: number, attachment: Attachment): void {
    if (this.#traces.size === 0) return;
    const trace = this.#traces.get(session);
    if (trace !== undefined) watch(trace, attachment);
  }

  #forget(id: number, trace: SessionTrace): void {
    if (this.#traces.get(id) === trace) this.#traces.delete(id);
  }
}

function watch(trace: SessionTrace, { connection }: Attachment): void {
  trace.watch(connection.packets, `${connection.backend}/${connection.threadId}`, 'server', connection);
}

/** A trace that cannot be begun, with the reason. */
export class TraceRefused extends Error {
  readonly code = 'PM_SESSION_TRACE';

  constructor(reason: string) {
    super(reason);
    this.name = 'TraceRefused';
  }
}
