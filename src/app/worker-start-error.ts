/** A worker could not open a listener; the message is that of the `ListenError` in the worker, which names listener, address and way out. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  readonly code = 'PM_APP_WORKER_START';
}
