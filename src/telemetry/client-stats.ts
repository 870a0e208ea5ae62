import { CLIENT_RESULTS, CLIENT_STATES, type ClientResult, type ClientState, TLS_RESULTS, type TlsResult } from './stat-names.js';
import { addCounts, type Counts, zeroCounts } from './tally.js';

/** The client side's numbers as plain JSON. `states` and `heldStatements` are levels, all else only grows. */
export interface ClientCounts {
  states: Counts<ClientState>;
  results: Counts<ClientResult>;
  tlsHandshakes: Counts<TlsResult>;
  heldStatements: number;
  bytesIn: number;
  bytesOut: number;
}

/** A zero everywhere. */
export function emptyClientCounts(): ClientCounts {
  return {
    states: zeroCounts(CLIENT_STATES),
    results: zeroCounts(CLIENT_RESULTS),
    tlsHandshakes: zeroCounts(TLS_RESULTS),
    heldStatements: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

/** Counters of the client side, plain numbers for the hot path. */
export class ClientStats {
  readonly counts: ClientCounts = emptyClientCounts();

  /** How a connection's login ended. */
  result(result: ClientResult): void {
    this.counts.results[result]++;
  }

  /** A client's TLS handshake was made, or failed. */
  tlsHandshake(result: TlsResult): void {
    this.counts.tlsHandshakes[result]++;
  }

  /** A logged-in session appears (`from` undefined), changes state, or goes (`to` undefined). */
  state(from: ClientState | undefined, to: ClientState | undefined): void {
    const { states } = this.counts;
    if (from !== undefined) add(states, from, -1);
    if (to !== undefined) add(states, to, 1);
  }

  /** +1 when a statement begins to wait for a target, -1 when it no longer does. */
  heldStatements(change: 1 | -1): void {
    this.counts.heldStatements += change;
  }

  /** Bytes read from clients. */
  received(bytes: number): void {
    this.counts.bytesIn += bytes;
  }

  /** Bytes written to clients. */
  sent(bytes: number): void {
    this.counts.bytesOut += bytes;
  }
}

/** `states[state] += change`, twice per statement; with names known to the compiler, since a property named by a variable costs a search. */
function add(states: Counts<ClientState>, state: ClientState, change: 1 | -1): void {
  if (state === 'active') states.active += change;
  else if (state === 'idle') states.idle += change;
  else states.held += change;
}

/** Adds `from` to `into`, in place. */
export function addClientCounts(into: ClientCounts, from: ClientCounts): void {
  addCounts(into.states, from.states);
  addCounts(into.results, from.results);
  addCounts(into.tlsHandshakes, from.tlsHandshakes);
  into.heldStatements += from.heldStatements;
  into.bytesIn += from.bytesIn;
  into.bytesOut += from.bytesOut;
}
