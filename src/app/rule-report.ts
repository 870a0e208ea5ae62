import type { RuleReport } from '../admin/admin-source.js';
import type { Config, RuleConfig } from '../config/config.js';
import { type RuleCounts, zeroRuleCounts } from '../telemetry/rule-counts.js';

/** The rules as `/api/v1/rules` lists them: as they are in force, with their counters. */
export function ruleReports({ rules }: Config, counts: Readonly<Record<string, RuleCounts>>): readonly RuleReport[] {
  return rules.map((rule) => ({
    name: rule.name,
    match: matchShown(rule),
    action: rule.action,
    continue: rule.continue,
    dryRun: rule.dryRun,
    ...(counts[rule.name] ?? zeroRuleCounts()),
  }));
}

function matchShown({ match }: RuleConfig): object {
  const { client } = match;
  return client === undefined ? match : { ...match, client: client.map(({ address, prefix }) => `${address}/${prefix}`) };
}
