import { formatAddress } from '../address.js';
import type { ClusterConfig, Config } from '../config.js';
import type { Findings } from '../findings.js';
import { formatKey, type KeyPath } from '../problem.js';
import { checkCoordinator } from './check-coordinator.js';
import { checkCertificate, checkKeyPair } from './check-tls-files.js';
import { eachDuplicate } from './duplicates.js';

/** Servers' names and addresses, and what each cluster's settings ask of each other. */
export function checkClusters(config: Config, findings: Findings): void {
  const backends = config.clusters.flatMap((cluster) =>
    cluster.backends.map((backend, index) => ({ ...backend, path: ['clusters', cluster.name, 'backends', index] })),
  );
  const byAddress = new Set<number>();
  eachDuplicate(
    backends,
    (backend) => formatAddress(backend.address),
    (index, first) => {
      byAddress.add(index);
      findings.error([...pathOf(backends, index), 'address'], `${formatKey(pathOf(backends, first))} is this server already; list it once`);
    },
  );
  eachDuplicate(
    backends,
    (backend) => backend.name,
    (index, first) => {
      if (byAddress.has(index)) return;
      findings.error([...pathOf(backends, index), 'name'], `${formatKey(pathOf(backends, first))} has this name already; give it another`);
    },
  );
  for (const cluster of config.clusters) {
    checkTls(cluster, findings);
    checkPromotion(cluster, findings);
    checkTopology(cluster, findings);
    checkCoordinator(cluster, findings);
    if (cluster.monitor.password === '') {
      findings.warning(['clusters', cluster.name, 'monitor', 'password'], `the account "${cluster.monitor.user}" has no password here`);
    }
  }
}

function pathOf(elements: readonly { readonly path: KeyPath }[], index: number): KeyPath {
  return elements[index]?.path ?? [];
}

function checkTls(cluster: ClusterConfig, findings: Findings): void {
  const path = ['clusters', cluster.name, 'tls'];
  const { caFile, certFile, keyFile } = cluster.tls;
  if (caFile !== undefined) checkCertificate(caFile, [...path, 'caFile'], findings);
  checkKeyPair(certFile, keyFile, path, findings);
}

/** Promotion is how replication replaces its primary; the other kinds have their own ways. */
function checkTopology(cluster: ClusterConfig, findings: Findings): void {
  const { topology, failover, backends } = cluster;
  const path = ['clusters', cluster.name];
  if (failover.mode === 'promote' && topology !== 'auto' && topology !== 'replication') {
    const message = `"promote" is for "replication"; with "${topology}" the next server takes over by itself: write "follow" or leave it out`;
    findings.error([...path, 'failover', 'mode'], message);
  }
  if (cluster.static.failBack && topology !== 'static') {
    findings.error([...path, 'static', 'failBack'], `is for "topology": "static"; here it is "${topology}"`);
  }
  if (topology === 'static' && backends.length < 2) findings.warning([...path, 'topology'], '"static" has no second server to go to');
}

function checkPromotion(cluster: ClusterConfig, findings: Findings): void {
  const { mode, replicationUser, replicationPassword } = cluster.failover;
  const path = ['clusters', cluster.name, 'failover'];
  if (mode !== 'promote') return;
  if (replicationUser === undefined) {
    findings.error([...path, 'replicationUser'], 'missing; "mode": "promote" needs the account that replicas log in to a new primary with');
  } else if (replicationPassword === undefined) {
    const message = `missing; write the password of "${replicationUser}" ("" if it has none)`;
    findings.error([...path, 'replicationPassword'], message);
  }
  const candidates = cluster.backends.filter((backend) => !backend.neverPromote).length;
  if (candidates === 0) findings.error([...path, 'mode'], '"promote" has nobody to promote: every backend has neverPromote');
  else if (cluster.backends.length < 2) findings.warning([...path, 'mode'], '"promote" has nobody to promote: there is only one backend');
  else if (cluster.failover.coordinator.kind === 'none') {
    findings.warning(
      [...path, 'mode'],
      'let only one Pointsman promote in this cluster, the others must have "follow"; for several that promote set "coordinator"',
    );
  }
}
