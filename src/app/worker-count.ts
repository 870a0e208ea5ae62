import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Whole CPUs that the cgroup's quota allows; undefined without a quota. Reads cgroup v2, then v1. */
function cgroupCpus(): number | undefined {
  try {
    const [quota, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').trim().split(' ');
    return quota === 'max' ? undefined : Number(quota) / Number(period);
  } catch {
    // No cgroup v2 here.
  }
  try {
    const quota = Number(readFileSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us', 'utf8'));
    const period = Number(readFileSync('/sys/fs/cgroup/cpu/cpu.cfs_period_us', 'utf8'));
    return quota > 0 ? quota / period : undefined;
  } catch {
    return undefined;
  }
}

/** `process.workers`: `auto` is the smaller of the CPUs this process may run on and the cgroup's quota, at least 1. */
export function workerCount(configured: number | 'auto'): number {
  if (configured !== 'auto') return configured;
  const quota = cgroupCpus();
  const cpus = availableParallelism();
  return Math.max(1, quota === undefined ? cpus : Math.min(cpus, Math.floor(quota)));
}
