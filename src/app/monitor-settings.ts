import { explainTlsFailure } from '../backend/tls-failure.js';
import { formatAddress } from '../config/address.js';
import type { ClusterConfig, Config } from '../config/config.js';
import type { MemberWishes } from '../health/members/member-keeper.js';
import type { CoordinatorOptions, MonitorOptions, MonitorSettings } from '../health/options.js';
import { encodeProxyHeader } from '../net/proxy-header.js';
import type { Log } from '../telemetry/log-types.js';
import type { ClusterMaterial } from './tls-material.js';

/** Some commits on a cluster are guarded: by its own word, or by a rule. */
export function guardsCommits({ rules }: Pick<Config, 'rules'>, { transactions }: ClusterConfig): boolean {
  return transactions.commitGuard || rules.some(({ action }) => action.commitGuard === true);
}

/**
 * What the monitor of one configured cluster goes by.
 * @param certificates as they are now; asked for at every connection
 * @param commitGuard some commits are guarded
 */
export function monitorSettings(
  config: ClusterConfig,
  certificates: { readonly servers: () => ClusterMaterial; readonly coordinator: () => ClusterMaterial },
  log: Log,
  plane: Required<Pick<MonitorOptions, 'onEvent' | 'sessionsOn' | 'zone'>> & Pick<MonitorOptions, 'lookup'>,
  commitGuard: boolean,
): MonitorSettings {
  const { monitor, failover } = config;
  const { replicationUser: user, replicationPassword: password } = failover;
  return {
    cluster: config.name,
    backends: config.backends.map(({ name, address, weight, priority, zone, neverPromote, readDelayed, proxyProtocol }) => ({
      name,
      address,
      weight,
      priority,
      zone,
      neverPromote,
      readDelayed,
      ...(proxyProtocol === 'off' ? {} : { preamble: encodeProxyHeader(proxyProtocol, undefined) }),
    })),
    monitor: { user: monitor.user, password: monitor.password },
    intervalMs: monitor.intervalMs,
    timeoutMs: monitor.timeoutMs,
    downAfter: monitor.downAfter,
    upAfter: monitor.upAfter,
    maxLagMs: config.replicas.maxLagMs,
    topology: config.topology,
    failBack: config.static.failBack,
    failover: {
      mode: failover.mode,
      rejoin: failover.rejoin,
      catchUpTimeoutMs: failover.catchUpTimeoutMs,
      onKnownLoss: failover.onKnownLoss,
      fenceCommand: failover.fenceCommand,
      leaseMs: failover.coordinator.leaseMs,
      coordinator: coordinatorOf(failover.coordinator, certificates.coordinator),
      ...(user === undefined ? {} : { replication: { user, password: password ?? '' } }),
    },
    commitGuard,
    tls: { mode: config.tls.mode, certificates: certificates.servers, explain: explainTlsFailure },
    log,
    ...plane,
    // Held statements must not run out of time while the role moves.
    switchoverTimeoutMs: Math.round(config.hold.timeoutMs * 0.8),
  };
}

/** `failover.coordinator` as the health checks want it. */
export function coordinatorOf(
  { kind, witnesses, endpoints, prefix, user, password }: ClusterConfig['failover']['coordinator'],
  certificates: () => ClusterMaterial,
): CoordinatorOptions {
  switch (kind) {
    case 'none':
      return { kind };
    case 'database':
      return { kind, witnesses: witnesses.map((address) => ({ name: formatAddress(address), address })) };
    case 'etcd':
      return { kind, endpoints, prefix, certificates, ...(user === undefined ? {} : { account: { user, password: password ?? '' } }) };
  }
}

/** Where the servers of a cluster come from besides the list. */
export function memberWishes({ discover, names }: ClusterConfig): MemberWishes {
  return { discover, expandNames: names.expand, intervalMs: names.intervalMs };
}
