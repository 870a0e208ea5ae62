import { quantileBetween, type Sample, sumOf } from './metrics-text.js';
import type { Status } from './status-table.js';
import { type Cell, table, toned } from './table.js';

/** What `top` knows of one moment. */
export interface TopReading {
  readonly status: Status;
  readonly metrics: readonly Sample[];
  readonly sessions: readonly {
    readonly id: number;
    readonly user?: string;
    readonly client?: string;
    readonly phase?: string;
    readonly backend?: string;
    readonly schema?: string;
    readonly pinReasons?: readonly string[];
  }[];
  readonly atMs: number;
}

/** Resting sessions come last: what runs or waits is what one looks for. */
const RESTING = new Set(['idle', 'detached']);

/**
 * One picture of `pointsman top`.
 * @param rows lines there are; what does not fit is left out at the end
 */
export function topFrame(before: TopReading, now: TopReading, rows: number, colour: boolean): string {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000);
  const rate = (name: string, labels: Readonly<Record<string, string>> = {}): number =>
    Math.max(0, (sumOf(now.metrics, name, labels) - sumOf(before.metrics, name, labels)) / seconds);
  const lines = [...summary(before, now, rate, colour), ''];
  for (const cluster of now.status.clusters ?? []) {
    const head = ['SERVER', 'STATE', 'ROLE', 'LAG', 'STATEMENTS', 'ERRORS', 'CONNECTIONS', 'CHECK'];
    const cells = cluster.backends.map((backend): Cell[] => [
      backend.name,
      { text: backend.state, tone: backend.state === 'online' ? 'good' : backend.state === 'down' ? 'bad' : 'doubtful' },
      backend.role === 'primary' ? { text: backend.role, tone: 'strong' } : backend.role,
      backend.lagMs === null ? '' : `${(backend.lagMs / 1000).toFixed(1)} s`,
      `${rate('pointsman_queries_total', { backend: backend.name }).toFixed(0)}/s`,
      `${rate('pointsman_queries_total', { backend: backend.name, result: 'error' }).toFixed(0)}/s`,
      String(backend.connections),
      backend.latencyMs === null ? '' : `${backend.latencyMs.toFixed(1)} ms`,
    ]);
    const lead = cluster.primary === null ? toned('NO PRIMARY', 'bad', colour) : `primary ${cluster.primary}`;
    lines.push(`cluster ${cluster.name}: ${lead}`, ...table(head, cells, colour).trimEnd().split('\n'), '');
  }
  lines.push(...sessionLines(now, colour));
  const shown = lines.slice(0, Math.max(1, rows - 1));
  return `${shown.join('\n')}\n`;
}

function summary(before: TopReading, now: TopReading, rate: (name: string) => number, colour: boolean): string[] {
  const { status } = now;
  const { clients = {} } = status;
  const held = status.heldStatements ?? 0;
  const quantiles = [0.5, 0.95, 0.99].map((quantile) => {
    const value = quantileBetween(before.metrics, now.metrics, 'pointsman_query_duration_seconds', quantile);
    return `p${quantile * 100} ${value === undefined ? '-' : duration(value)}`;
  });
  const heldText = held > 0 ? toned(`${held} statements held`, 'bad', colour) : 'none held';
  return [
    `Pointsman ${status.version ?? '?'}, ${status.state ?? '?'}, pid ${status.pid ?? '?'}, ${new Date(now.atMs).toISOString().slice(11, 19)} UTC`,
    `${rate('pointsman_queries_total').toFixed(0)} statements/s, ${quantiles.join(', ')}; ${heldText}; ${(sumOf(now.metrics, 'pointsman_process_resident_memory_bytes') / 1e6).toFixed(0)} MB, ${(rate('pointsman_process_cpu_seconds_total') * 100).toFixed(0)} % CPU`,
    `clients: ${clients['active'] ?? 0} active, ${clients['idle'] ?? 0} idle, ${clients['held'] ?? 0} held; in all 9501: ${sumOf(now.metrics, 'pointsman_unknown_outcome_total')}, run once more: ${sumOf(now.metrics, 'pointsman_retried_queries_total')}`,
  ];
}

function sessionLines(now: TopReading, colour: boolean): string[] {
  const rest = (phase: string | undefined): number => (RESTING.has(phase ?? '') ? 1 : 0);
  const sorted = [...now.sessions].sort((one, other) => rest(one.phase) - rest(other.phase) || one.id - other.id);
  const cells = sorted.map((one): Cell[] => [
    String(one.id),
    one.user ?? '',
    one.client ?? '',
    one.schema ?? '',
    one.phase ?? '',
    one.backend ?? '',
    (one.pinReasons ?? []).join(', '),
  ]);
  return table(['SESSION', 'USER', 'CLIENT', 'SCHEMA', 'PHASE', 'SERVER', 'PINNED BY'], cells, colour).trimEnd().split('\n');
}

function duration(seconds: number): string {
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(1)} s`;
}
