import type { Json } from '../../config/json/node.js';
import type { Places } from './convert.js';
import type { Row } from './proxysql-tables.js';

interface NamedListener {
  readonly name: string;
  readonly address: string;
}

/** What has no equivalent in a rule, and what to do instead. A rule that has it is still converted, without. */
const NOT_HERE: Readonly<Record<string, string>> = {
  flagOUT: 'chains of rules: write the conditions of both rules into one, or use `continue`',
  negate_match_pattern: 'a negated pattern: put a rule with the pattern and no action before it',
  mirror_hostgroup: 'mirroring is not built',
  cache_ttl: 'a cache of results is not built',
  OK_msg: 'an answer OK without a server is not built; `deny` answers with an error',
  retries: 'not needed: reads are run once more by themselves, writes never',
  multiplex: 'not needed: sessions keep what they set',
  gtid_from_hostgroup: 'use `consistency` in the action, or replicas.consistency',
  reconnect: 'not needed',
};

/** Rules with what they become; and the clusters for which rules sent reads to the readers, which `split` does by itself. */
export function convertRules(
  rows: readonly Row[],
  places: Places,
  listeners: readonly NamedListener[],
  notes: string[],
): { rules: Json[]; splits: Set<string> } {
  const splits = new Set<string>();
  const rules: Json[] = [];
  const names = new Set<string>();
  const ordered = [...rows].sort((one, other) => Number(one['rule_id'] ?? 0) - Number(other['rule_id'] ?? 0));
  for (const row of ordered) {
    const label = `rule ${row['rule_id'] ?? '?'}`;
    if (row['active'] === '0' || (row['active'] === undefined && row['match_pattern'] === undefined && row['match_digest'] === undefined)) {
      notes.push(`${label} is not active and is left out`);
      continue;
    }
    const place = places.get(row['destination_hostgroup'] ?? '');
    if (isSplitRule(row)) {
      if (place?.route === 'replica') splits.add(place.cluster);
      notes.push(`${label} (${patternOf(row)}) is not needed: statements go to primary or replica by what they are`);
      continue;
    }
    for (const [column, instead] of Object.entries(NOT_HERE)) {
      if (isSet(row[column])) notes.push(`${label}: ${column}: ${instead}`);
    }
    const action = actionOf(row, place);
    if (Object.keys(action).length === 0) {
      notes.push(`${label} does nothing that there is here, and is left out`);
      continue;
    }
    rules.push({
      name: nameOf(row, names),
      match: matchOf(row, listeners, label, notes),
      action,
      ...(row['apply'] === '1' ? {} : { continue: true }),
    });
  }
  return { rules, splits };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0';
}

function patternOf(row: Row): string {
  return row['match_digest'] ?? row['match_pattern'] ?? '';
}

/** The rules of every tutorial: `^SELECT` to readers, `^SELECT.*FOR UPDATE` to writers, and nothing else said. */
function isSplitRule(row: Row): boolean {
  const others = [
    'username',
    'schemaname',
    'client_addr',
    'proxy_port',
    'digest',
    'replace_pattern',
    'error_msg',
    'timeout',
    'delay',
    'flagIN',
  ];
  if (others.some((column) => isSet(row[column])) || row['destination_hostgroup'] === undefined) return false;
  return /^\^\(?\s*(\(\?i\))?(SELECT|SHOW|\(SELECT\|SHOW\)|\(SHOW\|SELECT\))(\.\*FOR UPDATE\$?|\.\*FOR UPDATE|\.\*|\\s|\s)*\$?\)?$/i.test(
    patternOf(row),
  );
}

function nameOf(row: Row, names: Set<string>): string {
  const wanted =
    (row['comment'] ?? '').replaceAll(/[^\w.-]+/g, '-').replaceAll(/^-+|-+$/g, '') || `rule-${row['rule_id'] ?? names.size + 1}`;
  let name = wanted;
  for (let n = 2; names.has(name); n += 1) name = `${wanted}-${n}`;
  names.add(name);
  return name;
}

function matchOf(row: Row, listeners: readonly NamedListener[], label: string, notes: string[]): Json {
  const { username, schemaname, client_addr: client, proxy_port: port, digest, re_modifiers: modifiers } = row;
  const pattern = patternOf(row);
  const listener = listeners.find(({ address }) => isSet(port) && address.endsWith(`:${port}`));
  if (isSet(port) && listener === undefined)
    notes.push(`${label}: proxy_port ${port} is not among mysql-interfaces; give it a listener and match.listener`);
  if (client?.includes('%') === true) notes.push(`${label}: client_addr ${client} is written as a range here`);
  if (row['match_digest'] !== undefined)
    notes.push(`${label}: match_digest ran on text without literals, \`pattern\` runs on the statement as it is`);
  if (pattern !== '' && modifiers !== undefined && !/CASELESS/i.test(modifiers))
    notes.push(`${label}: here the case of letters never counts in patterns`);
  return {
    ...(isSet(username) ? { user: username ?? '' } : {}),
    ...(isSet(schemaname) ? { database: schemaname ?? '' } : {}),
    ...(isSet(client) ? { client: rangeOf(client ?? '') } : {}),
    ...(listener === undefined ? {} : { listener: listener.name }),
    ...(isSet(digest) ? { digest: digest ?? '' } : {}),
    ...(pattern === '' ? {} : { pattern }),
  };
}

/** `10.1.%` as 10.1.0.0/16 */
function rangeOf(client: string): string {
  const parts = client.split('.').filter((part) => part !== '' && !part.includes('%'));
  if (!client.includes('%') || parts.length === 0) return client.includes('%') ? '0.0.0.0/0' : client;
  return `${[...parts, '0', '0', '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`;
}

function actionOf(row: Row, place: { readonly cluster: string; readonly route: string | undefined } | undefined): { [key: string]: Json } {
  const { timeout, delay, replace_pattern: replacement, error_msg: message } = row;
  return {
    ...(place?.route === undefined ? {} : { route: place.route }),
    ...(place === undefined || place.cluster === 'main' ? {} : { cluster: place.cluster }),
    ...(isSet(timeout) ? { timeout: `${timeout}ms` } : {}),
    ...(isSet(delay) ? { delay: `${delay}ms` } : {}),
    ...(replacement === undefined || replacement === ''
      ? {}
      : { rewrite: replacement.replaceAll('$', '$$$$').replaceAll(/\\(\d)/g, '$$$1') }),
    ...(message === undefined || message === '' ? {} : { deny: message }),
    ...(row['log'] === '1' ? { log: true } : {}),
    ...(row['sticky_conn'] === '1' ? { sticky: true } : {}),
  };
}
