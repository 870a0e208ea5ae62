import { Rule, type RuleSession, type RuleSubject } from './rule.js';
import type { RuleOptions } from './rule-options.js';
import { type Ruling, rulingOf } from './ruling.js';

/** All rules, in order. */
export class RuleSet {
  readonly rules: readonly Rule[];

  constructor(options: readonly RuleOptions[]) {
    this.rules = options.map((each) => new Rule(each));
  }

  /** Those that can match a statement of this session, for `judge`. Worked out once per login. */
  concerning(session: RuleSession): readonly Rule[] {
    return this.rules.filter((rule) => rule.concerns(session));
  }
}

/**
 * Looks at the rules in order, up to the first that matches without `continue` (those in dry run never end it), or that denies.
 * @param rules of `RuleSet.concerning`
 * @returns undefined when none matches
 */
export function judge(rules: readonly Rule[], subject: RuleSubject): Ruling | undefined {
  let matched: Rule[] | undefined;
  for (const rule of rules) {
    if (!rule.matches(subject)) continue;
    matched ??= [];
    matched.push(rule);
    const { options, action } = rule;
    if (!options.dryRun && (!options.continue || action.deny !== undefined)) break;
  }
  return matched === undefined ? undefined : rulingOf(matched);
}
