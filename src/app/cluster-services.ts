import type { ClusterConfig, Config } from '../config/config.js';
import { Balancer } from '../routing/balancer.js';
import { Router } from '../routing/router.js';
import { HoldQueue } from '../session/hold-queue.js';
import { InquiryGate } from '../session/inquiry-gate.js';
import { PrimaryOnly } from '../session/primary-only.js';
import { ProvenLogins } from '../session/proven-logins.js';
import { ReplayMemory } from '../session/replay/replay-memory.js';
import type { SecretSource } from '../session/secret-source.js';
import type { ClusterServices } from '../session/services.js';
import { SafeFunctions } from '../sql/safe-functions.js';
import type { Stats } from '../telemetry/stats.js';
import type { ClusterLink } from '../topology/link.js';
import { announcedDial } from './announced-dial.js';
import { countedDial } from './counted-dial.js';
import type { ProcessTls } from './process-tls.js';

/**
 * What one cluster's sessions in this process share.
 * @param processes how many share the limits that are meant for all together
 */
export function clusterServices(
  config: Config,
  cluster: ClusterConfig,
  { link, secrets }: { readonly link: ClusterLink; readonly secrets: SecretSource },
  stats: Stats,
  tls: ProcessTls,
  processes: number,
): ClusterServices {
  const balancer = new Balancer();
  const hold = new HoldQueue(
    {
      timeoutMs: cluster.hold.timeoutMs,
      maxStatements: Math.ceil(cluster.hold.maxStatements / processes),
      maxBytes: Math.ceil(cluster.hold.maxBytes / processes),
      drainPerSecond: Math.max(1, cluster.hold.drainPerSecond / processes),
    },
    link.snapshot,
  );
  link.subscribe((snapshot) => hold.update(snapshot));
  const limits = new Map(cluster.backends.map(({ name, maxConnections }) => [name, maxConnections]));
  return {
    name: cluster.name,
    link,
    router: new Router(balancer),
    balancer,
    hold,
    proven: new ProvenLogins(config.auth.verifyIntervalMs),
    secrets,
    inquiries: new InquiryGate(),
    primaryOnly: new PrimaryOnly(),
    connectTimeoutMs: cluster.pool.connectTimeoutMs,
    reads: { consistency: cluster.replicas.consistency, waitBudgetMs: cluster.replicas.waitBudgetMs },
    safeFunctions: cluster.safeFunctions.length === 0 ? undefined : new SafeFunctions(cluster.safeFunctions),
    replay: cluster.transactions.replay
      ? new ReplayMemory(cluster.transactions.memoryPerSessionBytes, Math.ceil(cluster.transactions.memoryBytes / processes))
      : undefined,
    allowShutdown: cluster.allowShutdown,
    backendTls: (clientUsesTls) => tls.backend(cluster, clientUsesTls),
    hasRoom(backend) {
      const most = limits.get(backend);
      return most === undefined || balancer.outstanding(backend) < Math.max(1, Math.floor(most / processes));
    },
    dial: announcedDial(cluster, countedDial(stats, config.auth.allowClearText)),
  };
}
