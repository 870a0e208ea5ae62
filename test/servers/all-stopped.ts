import { readdirSync, readFileSync } from 'node:fs';

/**
 * Waits until SIGSTOP has reached all threads of a process: it is sent before that, and one that runs on another CPU may still do something, a COMMIT for
 * instance. Blocks, for a second at most; true when all are stopped.
 */
export function allStopped(pid: number): boolean {
  const untilMs = performance.now() + 1_000;
  do {
    try {
      const states = readdirSync(`/proc/${pid}/task`).map((thread) => {
        const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
        return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
      });
      if (states.every((state) => state === 'T' || state === 't')) return true;
    } catch {
      // A thread, or all of them, has ended meanwhile.
    }
  } while (performance.now() < untilMs);
  return false;
}
