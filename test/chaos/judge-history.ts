import type { Circumstances, History, Holdings, Told } from './history.js';

export interface Judgement {
  /** In words; empty: all is right. */
  readonly faults: readonly string[];
  readonly acknowledged: number;
  readonly unknown: number;
  /** Of `unknown`, those that were done after all (rows only). */
  readonly unknownDone: number;
  readonly refused: number;
  /** Acknowledged, not replicated when their server died, and gone: allowed with asynchronous replication, when they are named. */
  readonly lostWithTheirServer: number;
}

/** Acknowledged and gone without a fault of ours: no replica had it when its server died. */
function wasLeftBehind({ gtid }: Told, { mayLose, losses }: Circumstances): boolean {
  return mayLose && gtid !== undefined && losses.length > 0 && !losses.some(({ received }) => received(gtid));
}

function judgeTokens(told: readonly Told[], holdings: Holdings, circumstances: Circumstances, faults: string[]): Set<number> {
  const lost = new Set<number>();
  const known = new Set<number>();
  for (const one of told) {
    known.add(one.token);
    const found = holdings.tokens.get(one.token) ?? 0;
    const name = `token ${one.token}${one.gtid === undefined ? '' : ` (${one.gtid})`}`;
    if (found > 1) faults.push(`${name} was written ${found} times (${one.answer})`);
    if (one.answer === 'refused' && found > 0) faults.push(`${name} was done although it was refused`);
    if (one.answer !== 'acknowledged' || found > 0) continue;
    if (wasLeftBehind(one, circumstances)) lost.add(one.token);
    else faults.push(`${name} was acknowledged and is lost`);
  }
  for (const token of holdings.tokens.keys()) if (!known.has(token)) faults.push(`token ${token} was written by nobody`);
  return lost;
}

/** Steps are counted, because a step leaves no row: gives how many of the acknowledged ones are gone. */
function judgeCounters(steps: readonly Told[], holdings: Holdings, circumstances: Circumstances, faults: string[]): number {
  let gone = 0;
  for (const [counter, final] of holdings.counters) {
    const own = steps.filter(({ step }) => step?.counter === counter);
    const acknowledged = own.filter(({ answer }) => answer === 'acknowledged');
    const certain = acknowledged.filter((one) => !wasLeftBehind(one, circumstances));
    const unknown = own.filter(({ answer }) => answer === 'unknown').length;
    if (final < certain.length) faults.push(`counter ${counter} is ${final} after ${certain.length} acknowledged steps`);
    if (final > acknowledged.length + unknown)
      faults.push(`counter ${counter} is ${final} after ${acknowledged.length} acknowledged steps and ${unknown} unknown ones`);
    const made = new Set<number>();
    for (const { step } of certain) {
      const to = step?.to ?? 0;
      if (made.has(to)) faults.push(`counter ${counter} was stepped to ${to} twice`);
      made.add(to);
    }
    gone += Math.max(0, acknowledged.length - final);
  }
  return gone;
}

/** Holds what clients were told against what the servers have. Pure. */
export function judgeHistory(history: History, holdings: Holdings, circumstances: Circumstances): Judgement {
  const faults = history.cuts.map((cut) => `a connection was cut: ${cut}`);
  const rows = history.told.filter(({ step }) => step === undefined);
  const lost = judgeTokens(rows, holdings, circumstances, faults);
  const steps = history.told.filter(({ step }) => step !== undefined);
  const lostCount = lost.size + judgeCounters(steps, holdings, circumstances, faults);
  if (lostCount > circumstances.lostNamed)
    faults.push(`${lostCount} acknowledged writes are lost, the reports name ${circumstances.lostNamed}`);
  if (holdings.sum !== holdings.expectedSum) faults.push(`the balances sum up to ${holdings.sum} instead of ${holdings.expectedSum}`);
  for (const sum of history.wrongSums) faults.push(`a read saw balances of ${sum} in all`);
  for (const { token, found } of history.ownReads)
    if (found > 1 || !lost.has(token)) faults.push(`a client read its own token ${token} ${found} times`);
  for (const { counter, from, to, sinceMs, atMs } of history.backwards) {
    // What only the dead server had may have been read from it.
    const isLoss = circumstances.mayLose && circumstances.losses.some((loss) => sinceMs <= loss.untilMs && atMs >= loss.sinceMs);
    if (!isLoss) faults.push(`a read went back in time: counter ${counter} was ${from}, then ${to}`);
  }
  faults.push(...holdings.differences);
  const count = (answer: Told['answer']): number => history.told.filter((one) => one.answer === answer).length;
  return {
    faults,
    acknowledged: count('acknowledged'),
    unknown: count('unknown'),
    unknownDone: rows.filter(({ token, answer }) => answer === 'unknown' && holdings.tokens.has(token)).length,
    refused: count('refused'),
    lostWithTheirServer: lostCount,
  };
}
