import { AdminProblem, unknownName } from '../admin/admin-problem.js';
import type { BackendOrder, FailoverOrder, PauseOrder, SwitchoverOrder } from '../admin/admin-source.js';
import type { SwitchoverReport } from '../health/handover-progress.js';
import type { FailoverOrderReport } from '../health/manual-failover.js';
import type { Monitor } from '../health/monitor.js';
import type { BackendActionReport, PauseReport } from '../health/operator-desk.js';
import { OperatorError } from '../health/operator-error.js';

/** Finds the cluster of an order about one server and has it carried out. */
export function setBackend(monitors: ReadonlyMap<string, Monitor>, order: BackendOrder): BackendActionReport & { cluster: string } {
  const { backend, cluster, action, dryRun } = order;
  const named = [...monitors].filter(([name]) => cluster === undefined || name === cluster);
  const having = named.filter(([, { watches }]) => watches.some(({ name }) => name === backend));
  if (having.length > 1) {
    const clusters = having.map(([name]) => name).join(', ');
    throw new AdminProblem(
      409,
      'PM_ADMIN_SEVERAL',
      `several clusters have a server "${backend}" (${clusters}): say which one by "cluster"`,
    );
  }
  const [found] = having;
  if (found === undefined) {
    throw unknownName(
      'server',
      backend,
      named.flatMap(([, { watches }]) => watches.map(({ name }) => name)),
    );
  }
  const [name, monitor] = found;
  try {
    return { cluster: name, ...monitor.operator.setBackend(backend, action, dryRun) };
  } catch (error) {
    throw asProblem(error);
  }
}

/** Holds what is new on one cluster, or lets it go on. */
export function setPaused(monitors: ReadonlyMap<string, Monitor>, { cluster, paused, by, dryRun }: PauseOrder): PauseReport {
  const monitor = monitors.get(cluster);
  if (monitor === undefined) throw unknownName('cluster', cluster, [...monitors.keys()]);
  return monitor.operator.setPaused(paused, by, dryRun);
}

/** Has the role of primary moved in one cluster. */
export async function switchover(monitors: ReadonlyMap<string, Monitor>, order: SwitchoverOrder): Promise<SwitchoverReport> {
  const { cluster, to, timeoutMs, force, dryRun } = order;
  const monitor = monitors.get(cluster);
  if (monitor === undefined) throw unknownName('cluster', cluster, [...monitors.keys()]);
  const request = { force, dryRun, ...(to === undefined ? {} : { to }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  try {
    return await monitor.operator.switchover(request);
  } catch (error) {
    throw asProblem(error);
  }
}

/** Has a dead primary replaced in one cluster. */
export async function failover(monitors: ReadonlyMap<string, Monitor>, order: FailoverOrder): Promise<FailoverOrderReport> {
  const { cluster, to, force, dryRun } = order;
  const monitor = monitors.get(cluster);
  if (monitor === undefined) throw unknownName('cluster', cluster, [...monitors.keys()]);
  try {
    return await monitor.operator.failoverTo({ to, force, dryRun });
  } catch (error) {
    throw asProblem(error);
  }
}

/** An operator's order that cannot be carried out, as HTTP says it. */
export function asProblem(error: unknown): unknown {
  if (!(error instanceof OperatorError)) return error;
  return new AdminProblem(error.code === 'PM_HEALTH_UNKNOWN_BACKEND' ? 404 : 409, error.code, error.message);
}
