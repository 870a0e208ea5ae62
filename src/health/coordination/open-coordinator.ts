import type { MonitorOptions } from '../options.js';
import type { Coordinator } from './coordinator.js';
import { DatabaseLocks } from './database-locks.js';
import { EtcdClient } from './etcd-client.js';
import { EtcdLeases } from './etcd-leases.js';
import { holderName } from './holder-name.js';
import { lockServers } from './lock-servers.js';
import { NoCoordinator } from './no-coordinator.js';
import { SharedCoordinator } from './shared-coordinator.js';

/** A new connection to a healthy server is quick, but a busy machine should not cost a lease. */
const connectMinMs = 1_000;
/** Longest wait for one etcd endpoint. */
const endpointMs = 1_000;

/** The coordinator that the options ask for. Opens no connection before the first `acquire`. */
export function openCoordinator(options: MonitorOptions): Coordinator {
  const { cluster, failover, timeoutMs } = options;
  const { coordinator, leaseMs } = failover;
  const holder = holderName();
  switch (coordinator.kind) {
    case 'none':
      return new NoCoordinator(holder);
    case 'database': {
      const connectMs = Math.max(connectMinMs, timeoutMs * 2);
      const locks = new DatabaseLocks({ cluster, holder, servers: lockServers(options, coordinator.witnesses), leaseMs, connectMs });
      return new SharedCoordinator('database', leaseMs, () => locks.take());
    }
    case 'etcd': {
      const client = new EtcdClient(coordinator, Math.min(endpointMs, leaseMs / 4));
      const leases = new EtcdLeases({ client, cluster, holder, prefix: coordinator.prefix, leaseMs });
      return new SharedCoordinator(
        'etcd',
        leaseMs,
        () => leases.take(),
        () => client.close(),
      );
    }
  }
}
