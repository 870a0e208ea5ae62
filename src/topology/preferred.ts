import type { ServerFacts } from './roles.js';

/**
 * Of servers that all could take writes, the one that does: whom an operator has chosen; else the highest priority; of those the incumbent, so that a server which comes
 * back takes nothing away from its equals; then whoever has been up longest, then order. All but the incumbent is the same for everybody who
 * asks, and a server that restarted is younger than the one that took over: so several proxies choose the same, whenever they started.
 */
export function preferred(fit: readonly ServerFacts[], incumbent: string | undefined, chosen: string | undefined): ServerFacts | undefined {
  return [...fit].sort(
    (a, b) =>
      Number(b.name === chosen) - Number(a.name === chosen) ||
      b.priority - a.priority ||
      Number(b.name === incumbent) - Number(a.name === incumbent) ||
      startedSeconds(a) - startedSeconds(b) ||
      a.order - b.order,
  )[0];
}

function startedSeconds({ sample }: ServerFacts): number {
  return sample?.startedServerSeconds ?? Number.POSITIVE_INFINITY;
}
