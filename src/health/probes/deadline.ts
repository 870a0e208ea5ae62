/** Thrown when a server did not answer within its time. */
export class TimeoutError extends Error {
  readonly code = 'PM_HEALTH_TIMEOUT';
}

const lateMs = 40;

/**
 * Runs `onTimeout` once `timeoutMs` have passed, unless cancelled. When this process itself was held up (a long garbage collection,
 * SIGSTOP, a busy machine) the answer may already lie in the socket: timers run before sockets are read, so the loop is given time to
 * read first. Otherwise our own pause would look like the death of every server.
 * @returns cancels
 */
export function deadline(timeoutMs: number, onTimeout: () => void): () => void {
  const dueMs = performance.now() + timeoutMs;
  let timer: NodeJS.Timeout | undefined = setTimeout(check, timeoutMs);
  let cancelled = false;
  let grants = 0;
  function check(): void {
    if (cancelled) return;
    if (performance.now() - dueMs > lateMs && grants === 0) {
      grants += 1;
      timer = setTimeout(check, Math.min(timeoutMs, 100));
      return;
    }
    setImmediate(() => {
      if (!cancelled) onTimeout();
    });
  }
  return () => {
    cancelled = true;
    clearTimeout(timer);
    timer = undefined;
  };
}
