import { Rule, type RuleSession, type RuleSubject } from './rule.js';
import type { RuleMatch, RuleOptions } from './rule-options.js';
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

/**
 * The cluster in which somebody logs in: what rules that say nothing about the statement itself would choose for his first one.
 * @returns undefined where they choose none
 */
export function clusterAtLogin(set: RuleSet, session: RuleSession, database: string | undefined): string | undefined {
  const rules = set.concerning(session).filter(({ options }) => !options.dryRun && isAboutSession(options.match));
  return judge(rules, { database, kind: 'other', text: undefined, attributes: () => new Map() })?.cluster;
}

function isAboutSession({ kind, table, digest, comment, attribute, pattern }: RuleMatch): boolean {
  return [kind, table, digest, comment, attribute, pattern].every((each) => each === undefined);
}
