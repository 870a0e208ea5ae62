import type { Session } from '../session/session.js';
import type { TraceState } from '../session/trace/session-trace.js';
import { type SessionTraces, TraceRefused } from '../session/trace/session-traces.js';

/** What an operator wants of the trace of a session; plain data, it crosses processes. */
export interface TraceOrder {
  readonly session: number;
  readonly action: 'start' | 'stop' | 'read';
  /** Of a start. */
  readonly seconds: number;
  readonly maxBytes: number;
}

/** What became of it. Undefined `state`: this process knows neither such a session nor a trace of one. */
export interface TraceReport {
  readonly state: TraceState | undefined;
  /** Of `read`. */
  readonly text: string | undefined;
  /** Why it could not be begun. */
  readonly refused: string | undefined;
}

const UNKNOWN: TraceReport = { state: undefined, text: undefined, refused: undefined };

/** Carries out an order in the process that has the session. */
export function traceHere(sessions: ReadonlyMap<number, Session>, traces: SessionTraces, order: TraceOrder): TraceReport {
  const session = sessions.get(order.session);
  if (order.action === 'start') {
    if (session === undefined) return UNKNOWN;
    try {
      return { ...UNKNOWN, state: traces.start(session, order).state };
    } catch (error) {
      if (error instanceof TraceRefused) return { ...UNKNOWN, refused: error.message };
      throw error;
    }
  }
  const trace = traces.find(order.session);
  if (trace === undefined) return UNKNOWN;
  if (order.action === 'stop') trace.end('stopped by an operator');
  return { state: trace.state, text: order.action === 'read' ? trace.text : undefined, refused: undefined };
}

/** Of what several processes answered, that of the one that knows. */
export function joinTraces(reports: readonly TraceReport[]): TraceReport {
  return reports.find(({ state, refused }) => state !== undefined || refused !== undefined) ?? UNKNOWN;
}
