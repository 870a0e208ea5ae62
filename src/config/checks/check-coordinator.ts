import { isIP } from 'node:net';
import { formatAddress } from '../address.js';
import type { ClusterConfig } from '../config.js';
import type { Findings } from '../findings.js';
import { checkCertificate, checkKeyPair } from './check-tls-files.js';
import { eachDuplicate } from './duplicates.js';

/** Keys that mean something for one kind only. */
const KEYS = {
  database: ['witnesses'],
  etcd: ['endpoints', 'user', 'password', 'caFile', 'certFile', 'keyFile'],
} as const;

/** Whether several proxies can agree with what `failover.coordinator` says. */
export function checkCoordinator(cluster: ClusterConfig, findings: Findings): void {
  const { mode, coordinator } = cluster.failover;
  const path = ['clusters', cluster.name, 'failover', 'coordinator'];
  const { kind } = coordinator;
  for (const [of, keys] of Object.entries(KEYS)) {
    for (const key of keys) {
      const value = coordinator[key];
      const given = Array.isArray(value) ? value.length > 0 : value !== undefined;
      if (of !== kind && given) findings.error([...path, key], `only "kind": "${of}" uses it, and the kind is "${kind}"`);
    }
  }
  if (kind !== 'none' && mode !== 'promote')
    findings.warning([...path, 'kind'], '"mode": "follow" promotes nobody and needs no coordinator');
  if (kind === 'database') checkDatabase(cluster, findings, path);
  if (kind === 'etcd') checkEtcd(cluster, findings, path);
}

function checkDatabase({ backends, failover, discover, names }: ClusterConfig, findings: Findings, path: readonly string[]): void {
  const moving = discover ? '"discover"' : names.expand && backends.some(hasName) ? '"names.expand"' : undefined;
  if (moving !== undefined) {
    const message = `with ${moving} proxies may count different servers, and each could find a majority of its own: use "etcd", or list the servers`;
    findings.error([...path, 'kind'], message);
  }
  const { witnesses } = failover.coordinator;
  const known = [...backends.map(({ address }) => address), ...witnesses].map(formatAddress);
  eachDuplicate(known, String, (index) => {
    if (index < backends.length) return;
    findings.error([...path, 'witnesses', index - backends.length], `${known[index]} is in the list of servers already; each counts once`);
  });
  // The dead primary's lock cannot be had.
  const needed = Math.floor(known.length / 2) + 1;
  if (known.length - 1 < needed) {
    const message = `of ${known.length} servers ${needed} are a majority, so without the primary nobody can promote; add a witness, or use "etcd"`;
    findings.warning([...path, 'witnesses'], message);
  }
}

function hasName({ address }: ClusterConfig['backends'][number]): boolean {
  return address.path === undefined && isIP(address.host) === 0;
}

function checkEtcd({ failover }: ClusterConfig, findings: Findings, path: readonly string[]): void {
  const { endpoints, user, password, caFile, certFile, keyFile } = failover.coordinator;
  if (endpoints.length === 0) findings.error([...path, 'endpoints'], 'missing; where does etcd listen?');
  if (user !== undefined && password === undefined) findings.error([...path, 'password'], `missing; write the password of "${user}"`);
  if (password !== undefined && user === undefined) findings.error([...path, 'user'], 'missing; whose password is this?');
  if (user !== undefined && endpoints.some((endpoint) => endpoint.startsWith('http:'))) {
    findings.warning([...path, 'endpoints'], 'the password goes over http in the clear');
  }
  if (caFile !== undefined) checkCertificate(caFile, [...path, 'caFile'], findings);
  checkKeyPair(certFile, keyFile, path, findings);
}
