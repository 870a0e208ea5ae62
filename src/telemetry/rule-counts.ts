/** What became of the statements that one rule matched. */
export interface RuleCounts {
  /** Statements that matched, those of a dry run included. */
  hits: number;
  denied: number;
  limited: number;
  timedOut: number;
}

export function zeroRuleCounts(): RuleCounts {
  return { hits: 0, denied: 0, limited: 0, timedOut: 0 };
}

/** Adds `from` to `into`, in place. */
export function addRuleCounts(into: RuleCounts, from: RuleCounts): void {
  into.hits += from.hits;
  into.denied += from.denied;
  into.limited += from.limited;
  into.timedOut += from.timedOut;
}
