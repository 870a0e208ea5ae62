import type { ConsistencyLevel } from '../consistency.js';
import type { Rule } from './rule.js';

/** What the rules that match say about a statement, taken together. */
export interface Ruling {
  /** All that matched, in order, those in dry run included. */
  readonly matched: readonly Rule[];
  /** Those of them that act. */
  readonly acting: readonly Rule[];
  /** It must not run; the rule that says so. */
  readonly deniedBy: Rule | undefined;
  /** Rules whose limit must be kept. */
  readonly limits: readonly Rule[];
  readonly delayMs: number;
  readonly timeoutMs: number | undefined;
  readonly rewriteBy: Rule | undefined;
  readonly logs: boolean;
  readonly route: 'primary' | 'replica' | 'split' | undefined;
  readonly cluster: string | undefined;
  readonly backend: string | undefined;
  readonly consistency: ConsistencyLevel | undefined;
  readonly commitGuard: boolean | undefined;
  readonly sticky: boolean;
  /** The rule that decided the target. */
  readonly targetBy: Rule | undefined;
}

/**
 * Takes the actions together: of two that say the same thing the later wins, the longest delay counts, every limit must be kept. A named
 * backend makes an earlier route or cluster void, and a later route or cluster a named backend.
 */
export function rulingOf(matched: readonly Rule[]): Ruling {
  const acting = matched.filter(({ options }) => !options.dryRun);
  return {
    matched,
    acting,
    deniedBy: acting.find(({ action }) => action.deny !== undefined),
    limits: acting.filter(({ action }) => action.rateLimit !== undefined),
    delayMs: Math.max(0, ...acting.map(({ action }) => action.delayMs ?? 0)),
    timeoutMs: acting.findLast(({ action }) => action.timeoutMs !== undefined)?.action.timeoutMs,
    rewriteBy: acting.findLast(({ rewrite }) => rewrite !== undefined),
    logs: acting.some(({ action }) => action.log === true),
    consistency: acting.findLast(({ action }) => action.consistency !== undefined)?.action.consistency,
    commitGuard: acting.findLast(({ action }) => action.commitGuard !== undefined)?.action.commitGuard,
    ...targetOf(acting),
  };
}

function targetOf(acting: readonly Rule[]): Pick<Ruling, 'route' | 'cluster' | 'backend' | 'sticky' | 'targetBy'> {
  let route: Ruling['route'];
  let cluster: string | undefined;
  let backend: string | undefined;
  let targetBy: Rule | undefined;
  for (const rule of acting) {
    const { action } = rule;
    if (action.route === undefined && action.cluster === undefined && action.backend === undefined) continue;
    targetBy = rule;
    route = action.backend === undefined ? (action.route ?? route) : undefined;
    cluster = action.cluster ?? cluster;
    backend = action.backend;
  }
  return { route, cluster, backend, sticky: targetBy?.action.sticky === true, targetBy };
}
