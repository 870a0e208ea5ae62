import { height, holds, missing, type Position } from './position.js';

export interface Candidate {
  readonly name: string;
  readonly priority: number;
  /** It stands where the dead primary stood, as far as zones are configured. */
  readonly sameZone: boolean;
  /** Position in the configuration. */
  readonly order: number;
  readonly neverPromote: boolean;
  /** Everything it has, once it has applied what it received. */
  readonly position: Position;
  /** It received what it has not applied. */
  readonly behind: boolean;
  readonly applier: boolean;
  readonly usesGtid: boolean;
  readonly delayMs: number;
}

export interface Election {
  /** Best first; the others are tried in order when it fails. */
  readonly ranked: readonly Candidate[];
  readonly rejected: readonly { readonly name: string; readonly because: string }[];
  /** Things to tell a human: transactions that stay behind on servers that may not be promoted, histories that parted. */
  readonly warnings: readonly string[];
}

/**
 * Orders the candidates: the most advanced by GTID *set* first (MariaDB: by exact GTIDs), among equals by priority, then by the
 * dead primary's zone, then by order in the configuration. Pure.
 */
export function elect(candidates: readonly Candidate[]): Election {
  const rejected: { name: string; because: string }[] = [];
  const fit = candidates.filter((candidate) => {
    const because = unfit(candidate);
    if (because !== undefined) rejected.push({ name: candidate.name, because });
    return because === undefined;
  });
  const ranked: Candidate[] = [];
  let rest = fit;
  while (rest.length > 0) {
    const best = pick(rest);
    ranked.push(best);
    rest = rest.filter((candidate) => candidate !== best);
  }
  const winner = ranked[0];
  return { ranked, rejected, warnings: winner === undefined ? [] : warningsFor(winner, candidates) };
}

function unfit(candidate: Candidate): string | undefined {
  if (candidate.neverPromote) return 'configured as neverPromote';
  if (!candidate.usesGtid) return 'replicates without GTID';
  if (candidate.delayMs > 0) return 'delayed on purpose';
  if (candidate.behind && !candidate.applier) return 'its applier is stopped and has not applied all it received';
  return undefined;
}

/** One that no other strictly surpasses; of several the one with the longest history, then priority, then order. */
function pick(rest: readonly Candidate[]): Candidate {
  const top = rest.filter((one) => !rest.some((other) => other !== one && surpasses(other, one)));
  const sorted = [...(top.length > 0 ? top : rest)].sort((a, b) => {
    const same = holds(a.position, b.position) && holds(b.position, a.position);
    return (
      (same ? 0 : height(b.position) - height(a.position)) ||
      b.priority - a.priority ||
      Number(b.sameZone) - Number(a.sameZone) ||
      a.order - b.order
    );
  });
  return sorted[0] as Candidate;
}

function surpasses(a: Candidate, b: Candidate): boolean {
  return holds(a.position, b.position) && !holds(b.position, a.position);
}

function warningsFor(winner: Candidate, all: readonly Candidate[]): readonly string[] {
  return all
    .filter((other) => other !== winner && !holds(winner.position, other.position))
    .map((other) => `${other.name} has transactions that ${winner.name} lacks: ${missing(winner.position, other.position).gtids}`);
}
