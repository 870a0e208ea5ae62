import type { PointsmanProcess } from '../servers/servers.js';

/** The first cluster as `/api/v1/status` shows it. */
export interface ClusterStatus {
  readonly topology: string;
  readonly topologyReason: string;
  readonly primary: string | null;
  readonly alarm?: string | null;
  readonly backends: readonly {
    readonly name: string;
    readonly address: string;
    readonly state: string;
    readonly role: string;
    readonly readable: boolean;
    readonly reason: string;
  }[];
}

/** @param token where the admin interface wants one */
export async function clusterStatus(proxy: Pick<PointsmanProcess, 'adminUrl'>, token: string): Promise<ClusterStatus> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${proxy.adminUrl}/api/v1/status`, { headers, signal: AbortSignal.timeout(5000) });
  return ((await response.json()) as { clusters: [ClusterStatus] }).clusters[0];
}
