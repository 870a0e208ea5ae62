/** This process is a worker of a single executable; in an installation of files `app/workers.ts` starts that script itself. */
export async function startWorker(): Promise<void> {
  await import('../app/worker-main.js');
}
