import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/**
 * What a statement allocates is dead a moment later, so larger halves for new objects collect nothing more: measured with 1,000 idle
 * clients on Node 20, 88 MB resident instead of 111, at no more CPU per query.
 */
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=4';

/** What node:cluster starts: a script of its own, or in a single executable (config/single-executable) the program itself, which looks whether it is a worker. */
export function workerProgram(): { readonly exec: string; readonly execArgv: string[] } {
  if (isSea()) return { exec: 'worker', execArgv: [] };
  return { exec: fileURLToPath(new URL('./worker-main.js', import.meta.url)), execArgv: [...process.execArgv, SMALL_YOUNG_GENERATION] };
}

/** Added to the environment of workers. A single executable takes no options of Node on its command line. */
export function workerEnvironment(): Record<string, string> {
  return isSea() ? { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${SMALL_YOUNG_GENERATION}`.trim() } : {};
}
