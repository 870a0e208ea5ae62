import { readdirSync, readFileSync } from 'node:fs';

/** What a process and its children hold. */
export interface ProcessSample {
  /** Resident memory, KiB. */
  readonly rssKib: number;
  readonly fileDescriptors: number;
  readonly processes: number;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function one(pid: number): { rssKib: number; fileDescriptors: number } | undefined {
  try {
    const rssKib = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    return { rssKib, fileDescriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

/** Sums over a process and all below it; what ends meanwhile is left out. Linux only. */
export function sampleProcess(pid: number): ProcessSample {
  const sum = { rssKib: 0, fileDescriptors: 0, processes: 0 };
  const waiting = [pid];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const sample = one(next);
    if (sample === undefined) continue;
    sum.rssKib += sample.rssKib;
    sum.fileDescriptors += sample.fileDescriptors;
    sum.processes += 1;
    waiting.push(...childrenOf(next));
  }
  return sum;
}
