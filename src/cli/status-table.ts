import { type Cell, type Tone, table, toned } from './table.js';

/** What is read from the answer of `/api/v1/status`; a proxy of another version may lack any of it. */
export interface Status {
  readonly version?: string;
  readonly pid?: number;
  readonly uptimeSeconds?: number;
  readonly state?: string;
  readonly clients?: Readonly<Record<string, number>>;
  readonly heldStatements?: number;
  readonly workers?: readonly {
    readonly id: number;
    readonly pid: number;
    readonly state: string;
    readonly clients: number;
    readonly restarts: number;
  }[];
  readonly listeners?: readonly {
    readonly name: string;
    readonly address: string;
    readonly cluster: string;
    readonly route: string;
    readonly open: boolean;
  }[];
  readonly clusters?: readonly {
    readonly name: string;
    readonly primary: string | null;
    readonly stuck?: string | null;
    readonly pause?: { readonly by: string; readonly since: string } | null;
    readonly backends: readonly {
      readonly name: string;
      readonly address: string;
      readonly state: string;
      readonly role: string;
      readonly readable: boolean;
      readonly lagMs: number | null;
      readonly latencyMs: number | null;
      readonly connections: number;
      readonly reason: string;
    }[];
  }[];
  readonly lastFailover?: {
    readonly kind?: string;
    readonly startedMs?: number;
    readonly oldPrimary?: string;
    readonly newPrimary?: string;
  } | null;
}

/** The answer of `/api/v1/status` for people. */
export function statusTable(answer: unknown, colour: boolean): string {
  const status = answer as Status;
  const { clients = {}, workers = [], listeners = [], clusters = [] } = status;
  const held = status.heldStatements ?? 0;
  const parts = [
    `Pointsman ${status.version ?? '?'}, ${status.state ?? '?'}, up ${duration(status.uptimeSeconds ?? 0)}, pid ${status.pid ?? '?'}\n`,
    `clients: ${clients['active'] ?? 0} active, ${clients['idle'] ?? 0} idle, ${clients['held'] ?? 0} held${held > 0 ? ` (${held} statements wait)` : ''}\n`,
    table(
      ['LISTENER', 'ADDRESS', 'LEADS TO', ''],
      listeners.map(
        ({ name, address, cluster, route, open }) =>
          [name, address, `${route} of ${cluster}`, open ? '' : { text: 'not open', tone: 'bad' }] as Cell[],
      ),
      colour,
    ),
    ...clusters.map((cluster) => clusterTable(cluster, colour)),
  ];
  if (workers.length > 1) {
    const rows = workers.map(({ id, pid, state, clients, restarts }) => [
      String(id),
      String(pid),
      state,
      String(clients),
      String(restarts),
    ]);
    parts.push(table(['WORKER', 'PID', 'STATE', 'CLIENTS', 'RESTARTS'], rows, colour));
  }
  if (status.lastFailover) parts.push(lastFailover(status.lastFailover));
  return parts.join('\n');
}

const TONES: Readonly<Record<string, Tone>> = {
  online: 'good',
  suspect: 'doubtful',
  down: 'bad',
  draining: 'doubtful',
  maintenance: 'weak',
};

function clusterTable({ name, primary, stuck, pause, backends }: NonNullable<Status['clusters']>[number], colour: boolean): string {
  const rows = backends.map((backend): Cell[] => [
    backend.name === backend.address ? backend.name : `${backend.name} (${backend.address})`,
    { text: backend.state, tone: TONES[backend.state] ?? 'bad' },
    backend.role === 'primary'
      ? { text: 'primary', tone: 'strong' }
      : backend.role === 'replica' && !backend.readable
        ? 'replica, no reads'
        : backend.role,
    backend.lagMs === null ? '' : `${(backend.lagMs / 1000).toFixed(1)} s`,
    backend.latencyMs === null ? '' : `${backend.latencyMs.toFixed(1)} ms`,
    String(backend.connections),
    backend.reason,
  ]);
  const head = ['BACKEND', 'STATE', 'ROLE', 'LAG', 'CHECK', 'USED', 'WHY'];
  const lead = primary === null ? toned('NO PRIMARY', 'bad', colour) : `primary ${primary}`;
  const paused = pause == null ? '' : `, ${toned(`PAUSED by ${pause.by} since ${pause.since}`, 'bad', colour)}`;
  const why = stuck == null ? '' : `  ${stuck}\n`;
  return `cluster ${name}: ${lead}${paused}\n${why}${table(head, rows, colour)}`;
}

function lastFailover({ kind, startedMs, oldPrimary, newPrimary }: NonNullable<Status['lastFailover']>): string {
  const when = startedMs === undefined ? '' : `, ${new Date(startedMs).toISOString()}`;
  const from = oldPrimary ?? 'no primary';
  return `last failover: ${kind ?? '?'}${when}, ${from} to ${newPrimary ?? 'no primary yet'} (/api/v1/failovers has the report)\n`;
}

function duration(seconds: number): string {
  const steps = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ] as const;
  const [size, unit] = steps.find(([step]) => seconds >= step) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}
