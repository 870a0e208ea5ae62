import type { Config, RuleConfig } from '../config/config.js';
import type { RuleAction, RuleMatch, RuleOptions } from '../routing/rules/rule-options.js';
import { RuleSet } from '../routing/rules/rule-set.js';
import type { LimitDesk, RuleDesk } from '../session/rule-desk.js';
import type { Stats } from '../telemetry/stats.js';
import { networkList } from './network-list.js';

/** The rules of the configuration, compiled; undefined when there are none. */
export function ruleSet(config: Config): RuleSet | undefined {
  return config.rules.length === 0 ? undefined : new RuleSet(config.rules.map((rule) => optionsOf(config, rule)));
}

/** What all listeners of one process share. */
export function rulesOf(config: Config, stats: Stats, limits: LimitDesk): Pick<RuleDesk, 'set' | 'limits'> | undefined {
  const set = ruleSet(config);
  // From the start on, so that a rule that nobody hits shows 0.
  for (const { name } of config.rules) stats.rule(name);
  return set === undefined ? undefined : { set, limits };
}

function optionsOf(config: Config, rule: RuleConfig): RuleOptions {
  return { name: rule.name, match: matchOf(rule), action: actionOf(config, rule), continue: rule.continue, dryRun: rule.dryRun };
}

function matchOf({ match: { client, ...match } }: RuleConfig): RuleMatch {
  return withoutUndefined({ ...match, client: client === undefined ? undefined : networkList(client) });
}

/** The cluster of a named backend goes without saying. */
function actionOf({ clusters }: Config, { action: { rateLimit, backend, cluster, ...action } }: RuleConfig): RuleAction {
  const home = clusters.find(({ backends }) => backends.some(({ name }) => name === backend))?.name;
  return withoutUndefined({
    ...action,
    backend,
    cluster: cluster ?? (backend === undefined ? undefined : home),
    rateLimit: rateLimit === undefined ? undefined : { ...rateLimit, burst: rateLimit.burst ?? rateLimit.statements },
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(object: T): Given<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Given<T>;
}
