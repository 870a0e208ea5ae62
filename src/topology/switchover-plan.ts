import { type Candidate, elect } from './election.js';

/** A server that might take the role over. */
export interface Successor extends Candidate {
  readonly online: boolean;
  /** It follows the primary itself, not another replica. */
  readonly direct: boolean;
  /** An operator has taken it out. */
  readonly away: boolean;
  readonly lagMs: number | undefined;
}

export type SuccessorChoice =
  | { readonly kind: 'chosen'; readonly name: string; readonly warnings: readonly string[] }
  | { readonly kind: 'none'; readonly because: string };

/** A replica further behind than this is not caught up within a pause that clients do not feel. */
const mostBehindMs = 30_000;

/**
 * Who takes the role over in a planned move. Pure.
 * @param to a name, or undefined for the best: by priority, then the most advanced, then order
 * @param force also one that is configured never to be promoted, or was drained, when it is named
 */
export function chooseSuccessor(successors: readonly Successor[], to: string | undefined, force: boolean): SuccessorChoice {
  if (to !== undefined) {
    const named = successors.find(({ name }) => name === to);
    if (named === undefined) {
      return { kind: 'none', because: `${to} is no replica here; there are ${successors.map(({ name }) => name).join(', ') || 'none'}` };
    }
    const because = unfitBecause(named, force);
    return because === undefined
      ? { kind: 'chosen', name: to, warnings: warningsOf(named) }
      : { kind: 'none', because: `${to} ${because}` };
  }
  const fit = successors.filter((each) => unfitBecause(each, false) === undefined);
  const top = Math.max(...fit.map(({ priority }) => priority));
  const [best] = elect(fit.filter(({ priority }) => priority === top)).ranked;
  if (best !== undefined) return { kind: 'chosen', name: best.name, warnings: [] };
  const why = successors.map((each) => `${each.name} ${unfitBecause(each, false)}`).join('; ');
  return { kind: 'none', because: why === '' ? 'there is no replica' : `no replica can take over: ${why}` };
}

function unfitBecause(successor: Successor, force: boolean): string | undefined {
  if (!successor.online) return 'does not answer, or replicates from nobody here';
  if (!successor.direct) return 'does not follow the primary itself';
  if (!successor.usesGtid) return 'replicates without GTID';
  if (successor.delayMs > 0) return 'is delayed on purpose';
  if (!successor.applier) return 'does not apply what it receives (its applier is stopped)';
  if (successor.lagMs === undefined || successor.lagMs > mostBehindMs) return 'is too far behind, or nobody knows how far';
  if (force) return undefined;
  if (successor.neverPromote) return 'is configured as neverPromote (--force overrides)';
  return successor.away ? 'was taken out by an operator (undrain it, or --force)' : undefined;
}

function warningsOf({ neverPromote, away, name }: Successor): readonly string[] {
  return [...(neverPromote ? [`${name} is configured as neverPromote`] : []), ...(away ? [`${name} was taken out by an operator`] : [])];
}
