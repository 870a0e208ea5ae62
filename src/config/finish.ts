import { resolve } from 'node:path';
import { formatAddress } from './address.js';
import type { ClusterConfig, Config, ListenerConfig } from './config.js';
import type { Findings } from './findings.js';
import { didYouMean } from './nearest-name.js';
import type { WrittenConfig } from './schema.js';

type WrittenListener = NonNullable<WrittenConfig['listeners']>[number];
type WrittenCluster = WrittenConfig['clusters'][string];

/**
 * Fills in the defaults that depend on other keys: names, the listeners, the only cluster, the replication password, TLS modes;
 * makes file paths absolute (relative ones start at `folder`).
 */
export function finish(written: WrittenConfig, folder: string, findings: Findings): Config {
  const { $schema: _schema, listeners, clusters, admin, slowLog, ...rest } = written;
  const clusterNames = Object.keys(clusters);
  return {
    ...rest,
    slowLog: { ...slowLog, file: absolute(slowLog.file, folder) },
    admin: {
      ...admin,
      tls: { ...admin.tls, certFile: absolute(admin.tls.certFile, folder), keyFile: absolute(admin.tls.keyFile, folder) },
    },
    listeners: finishListeners(listeners, clusterNames, folder, findings),
    clusters: Object.entries(clusters).map(([name, cluster]) => finishCluster(name, cluster, folder)),
  };
}

function finishListeners(
  listeners: readonly WrittenListener[] | undefined,
  clusterNames: readonly string[],
  folder: string,
  findings: Findings,
): readonly ListenerConfig[] {
  const [first, second] = clusterNames;
  if (listeners !== undefined) {
    return listeners.map((listener, index) => {
      const cluster = listener.cluster ?? (second === undefined ? first : undefined);
      if (cluster === undefined) {
        findings.error(['listeners', index, 'cluster'], `missing; which of the clusters ${quoted(clusterNames)} do its clients get to?`);
      } else if (!clusterNames.includes(cluster)) {
        const message = `there is no cluster "${cluster}"${didYouMean(cluster, clusterNames)}; there is ${quoted(clusterNames)}`;
        findings.error(['listeners', index, 'cluster'], message);
      }
      return finishListener(listener, cluster ?? first ?? '', folder);
    });
  }
  if (first === undefined) return [];
  if (second !== undefined) {
    findings.error(['listeners'], `missing; with several clusters (${quoted(clusterNames)}) say which listener leads to which`);
  }
  const tls = {
    mode: 'prefer',
    minVersion: '1.2',
    certFile: undefined,
    keyFile: undefined,
    clientCaFile: undefined,
    clientCertificate: 'ask',
  } as const;
  return [
    { name: 'split', address: { host: '0.0.0.0', port: 6450 }, cluster: first, route: 'split', proxyProtocolFrom: undefined, tls },
    { name: 'primary', address: { host: '0.0.0.0', port: 6446 }, cluster: first, route: 'primary', proxyProtocolFrom: undefined, tls },
    { name: 'replica', address: { host: '0.0.0.0', port: 6447 }, cluster: first, route: 'replica', proxyProtocolFrom: undefined, tls },
  ];
}

function finishListener(listener: WrittenListener, cluster: string, folder: string): ListenerConfig {
  const { mode, minVersion, certFile, keyFile, clientCaFile, clientCertificate } = listener.tls;
  return {
    name: listener.name ?? formatAddress(listener.address),
    address: listener.address,
    cluster,
    route: listener.route,
    proxyProtocolFrom: listener.proxyProtocolFrom,
    tls: {
      mode: mode ?? (clientCertificate === 'require' ? 'require' : 'prefer'),
      minVersion,
      certFile: absolute(certFile, folder),
      keyFile: absolute(keyFile, folder),
      clientCaFile: absolute(clientCaFile, folder),
      clientCertificate,
    },
  };
}

function finishCluster(name: string, cluster: WrittenCluster, folder: string): ClusterConfig {
  const { monitor, failover, tls } = cluster;
  const sameAccount = failover.replicationUser === monitor.user;
  return {
    ...cluster,
    name,
    backends: cluster.backends.map((backend) => ({
      ...backend,
      name: backend.name ?? formatAddress(backend.address),
      proxyProtocol: backend.proxyProtocol ?? cluster.proxyProtocol,
    })),
    tls: {
      mode: tls.mode,
      caFile: absolute(tls.caFile, folder),
      certFile: absolute(tls.certFile, folder),
      keyFile: absolute(tls.keyFile, folder),
    },
    failover: {
      ...failover,
      replicationPassword: failover.replicationPassword ?? (sameAccount ? monitor.password : undefined),
      coordinator: {
        ...failover.coordinator,
        caFile: absolute(failover.coordinator.caFile, folder),
        certFile: absolute(failover.coordinator.certFile, folder),
        keyFile: absolute(failover.coordinator.keyFile, folder),
      },
    },
  };
}

function absolute(path: string | undefined, folder: string): string | undefined {
  return path === undefined ? undefined : resolve(folder, path);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
