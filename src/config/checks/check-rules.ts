import { Rewrite } from '../../routing/rules/rewrite.js';
import { rulePattern } from '../../routing/rules/rule-pattern.js';
import type { Config, RuleConfig } from '../config.js';
import type { Findings } from '../findings.js';
import { didYouMean } from '../nearest-name.js';
import type { KeyPath } from '../problem.js';
import { eachDuplicate } from './duplicates.js';

/** Rules: names that must exist, and keys that need each other. */
export function checkRules(config: Config, findings: Findings): void {
  eachDuplicate(
    config.rules,
    (rule) => rule.name,
    (index, first) => findings.error(['rules', index, 'name'], `rules[${first}] has this name already; give it another`),
  );
  config.rules.forEach((rule, index) => {
    checkNames(config, rule, ['rules', index], findings);
    checkRewrite(rule, ['rules', index, 'action', 'rewrite'], findings);
    checkAction(rule, ['rules', index, 'action'], findings);
  });
  warnOfUnreached(config, findings);
}

function checkNames({ clusters, listeners, users, auth }: Config, { match, action }: RuleConfig, path: KeyPath, findings: Findings): void {
  const known = (names: readonly string[], wanted: string, what: string, key: KeyPath): boolean => {
    if (names.includes(wanted)) return true;
    findings.error([...path, ...key], `there is no ${what} "${wanted}"${didYouMean(wanted, names)}`);
    return false;
  };
  const listenerNames = listeners.map(({ name }) => name);
  for (const name of match.listener ?? []) known(listenerNames, name, 'listener', ['match', 'listener']);
  if (auth.mode === 'configured') {
    const userNames = users.map(({ name }) => name);
    for (const name of match.user ?? []) known(userNames, name, 'user', ['match', 'user']);
  }
  const { cluster, backend } = action;
  if (cluster !== undefined) {
    const clusterNames = clusters.map(({ name }) => name);
    if (!known(clusterNames, cluster, 'cluster', ['action', 'cluster'])) return;
  }
  if (backend === undefined) return;
  const within = clusters.filter(({ name }) => cluster === undefined || name === cluster);
  const backendNames = within.flatMap(({ backends }) => backends.map(({ name }) => name));
  known(backendNames, backend, cluster === undefined ? 'backend' : `backend of cluster ${cluster}`, ['action', 'backend']);
}

function checkRewrite({ match, action }: RuleConfig, path: KeyPath, findings: Findings): void {
  if (action.rewrite === undefined) return;
  if (match.pattern === undefined) {
    findings.error(path, 'without match.pattern there is nothing to replace');
    return;
  }
  try {
    new Rewrite(action.rewrite, rulePattern(match.pattern));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.error(path, error.message);
  }
}

function checkAction({ action }: RuleConfig, path: KeyPath, findings: Findings): void {
  const { deny, route, cluster, backend, sticky } = action;
  if (backend !== undefined && route !== undefined)
    findings.error([...path, 'route'], 'a backend is named, so that there is nothing to choose; leave one of them out');
  if (sticky === true && route === undefined && cluster === undefined && backend === undefined)
    findings.error([...path, 'sticky'], 'there is no target to stay with; give route, cluster or backend');
  const others = Object.entries(action).filter(([key, value]) => value !== undefined && key !== 'deny' && key !== 'log');
  if (deny !== undefined && others.length > 0) {
    findings.error(
      [...path, 'deny'],
      `what is denied is not run, so that ${others.map(([key]) => key.replace(/Ms$/, '')).join(', ')} would do nothing`,
    );
  }
}

/** A rule that takes everything ends the list. */
function warnOfUnreached({ rules }: Config, findings: Findings): void {
  const last = rules.findIndex(
    ({ match, continue: goesOn, dryRun }) => !goesOn && !dryRun && Object.values(match).every((value) => value === undefined),
  );
  if (last >= 0 && last < rules.length - 1) {
    findings.warning(['rules', last + 1], `never reached: rules[${last}] matches every statement and does not continue`);
  }
}
