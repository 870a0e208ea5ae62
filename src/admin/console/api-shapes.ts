import type { ConsoleDesk } from './console-desk.js';

/** What the console reads of the API's answers; the schemas of the routes say the same. */
export interface BackendShape {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly role: string;
  readonly readable: boolean;
  readonly reason: string;
  readonly version: string | null;
  readonly lagMs: number | null;
  readonly latencyMs: number | null;
  readonly weight: number;
  readonly priority: number;
  readonly connections: number;
  readonly lastError: string | null;
}

export interface ClusterShape {
  readonly name: string;
  readonly primary: string | null;
  readonly stuck: string | null;
  readonly epoch: number;
  readonly pause: { readonly by: string; readonly since: string } | null;
  readonly backends: readonly BackendShape[];
}

/** A server with where it belongs. */
export interface PlacedBackend extends BackendShape {
  readonly cluster: string;
  /** As ProxySQL's users number them: the writers of the first cluster are 0, its readers 1, of the second 2 and 3. */
  readonly hostgroup: number;
}

export interface SessionShape {
  readonly id: number;
  readonly user: string;
  readonly client: string;
  readonly cluster: string;
  readonly route: string;
  readonly phase: string;
  readonly backend?: string;
  readonly backendThread?: number;
  readonly schema?: string;
  readonly inTransaction: boolean;
  readonly pinReasons: readonly string[];
}

export async function clusters(desk: ConsoleDesk): Promise<readonly ClusterShape[]> {
  return (await desk.get('/api/v1/clusters'))['clusters'] as readonly ClusterShape[];
}

export async function backends(desk: ConsoleDesk): Promise<readonly PlacedBackend[]> {
  return (await clusters(desk)).flatMap(({ name, backends: members }, index) =>
    members.map((member) => ({ ...member, cluster: name, hostgroup: index * 2 + (member.role === 'primary' ? 0 : 1) })),
  );
}

export async function sessions(desk: ConsoleDesk): Promise<readonly SessionShape[]> {
  return (await desk.get('/api/v1/sessions'))['sessions'] as readonly SessionShape[];
}

/** A member of an answer that is a list of objects. */
export async function listAt(desk: ConsoleDesk, path: string, member: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return ((await desk.get(path))[member] ?? []) as readonly Readonly<Record<string, unknown>>[];
}
