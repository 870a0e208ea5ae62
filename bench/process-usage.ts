import { readdirSync, readFileSync } from 'node:fs';

/** What a process and all its descendants have used so far. */
export interface ProcessUsage {
  /** CPU time spent in their own code, microseconds (the kernel counts in steps of 10 ms). */
  readonly userMicros: number;
  /** CPU time spent in the kernel for them, microseconds. */
  readonly systemMicros: number;
  /** Resident memory now, bytes; pages that several of the processes share are counted once for each. */
  readonly rssBytes: number;
}

/** utime and stime of /proc/PID/stat are in USER_HZ, which is 100 on every Linux architecture that Node runs on. */
const MICROS_PER_TICK = 10_000;

function childrenOf(pid: number): number[] {
  const children: number[] = [];
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8');
      for (const child of text.split(' ')) if (child !== '') children.push(Number(child));
    }
  } catch {
    // It ended meanwhile.
  }
  return children;
}

function oneProcess(pid: number): ProcessUsage | undefined {
  try {
    // The second field, the name, may hold spaces and parentheses; utime is the 12th field after its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      userMicros: Number(fields[11]) * MICROS_PER_TICK,
      systemMicros: Number(fields[12]) * MICROS_PER_TICK,
      rssBytes: Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
    };
  } catch {
    return undefined;
  }
}

/** Sums a process and all its descendants up, from /proc. A process that is gone counts nothing. */
export function processUsage(pid: number): ProcessUsage {
  let total: ProcessUsage = { userMicros: 0, systemMicros: 0, rssBytes: 0 };
  const left = [pid];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const usage = oneProcess(next);
    if (usage === undefined) continue;
    left.push(...childrenOf(next));
    total = {
      userMicros: total.userMicros + usage.userMicros,
      systemMicros: total.systemMicros + usage.systemMicros,
      rssBytes: total.rssBytes + usage.rssBytes,
    };
  }
  return total;
}
