import { isDeepStrictEqual } from 'node:util';
import type { ClusterConfig, Config } from '../config/config.js';
import type { LimitDesk, RuleDesk } from '../session/rule-desk.js';
import type { Stats } from '../telemetry/stats.js';
import { AccountBook } from './account-book.js';
import { rulesOf } from './rule-options.js';

/** What the sessions of one process go by: made of a configuration, never changed, replaced as a whole by a reload. */
export interface ProxySettings {
  readonly config: Config;
  readonly accounts: AccountBook;
  /** Undefined: there are none. */
  readonly rules: Pick<RuleDesk, 'set' | 'limits'> | undefined;
}

/**
 * @param before what is in force: rules that say the same stay the same object, so that sessions keep what they picked from them
 * @throws Error where the configuration cannot be used, which its check should have said
 */
export function proxySettings(config: Config, before: ProxySettings | undefined, stats: Stats, limits: LimitDesk): ProxySettings {
  const sameRules = before !== undefined && isDeepStrictEqual(ruleParts(before.config), ruleParts(config));
  return { config, accounts: new AccountBook(config), rules: sameRules ? before.rules : rulesOf(config, stats, limits) };
}

/** A rule that names a backend means its cluster too. */
function ruleParts({ rules, clusters }: Config): unknown {
  return [rules, clusters.map(({ name, backends }) => [name, backends.map((backend) => backend.name)])];
}

/** A cluster that is known to be configured. */
export function clusterNamed({ clusters }: Config, name: string): ClusterConfig {
  const cluster = clusters.find((each) => each.name === name);
  if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
  return cluster;
}
