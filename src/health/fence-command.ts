import { execFile } from 'node:child_process';
import type { BackendWatch } from './backend-watch.js';
import type { MonitorOptions } from './options.js';

/** A command that takes longer is killed: it may be one that waits for a server that does not answer. */
const LONGEST_MS = 30_000;
/** Of what it printed, this much is told. */
const TOLD_CHARACTERS = 300;

export interface FenceCommandEnd {
  readonly ok: boolean;
  /** For the report and the log. */
  readonly text: string;
}

/**
 * Runs `failover.fenceCommand` for an old primary, beside what we do ourselves. Without a shell, in the proxy's environment and these:
 * POINTSMAN_CLUSTER, POINTSMAN_BACKEND, POINTSMAN_HOST, POINTSMAN_PORT (of the server to be fenced), POINTSMAN_PRIMARY (who is primary instead).
 * @returns how it ended; undefined where no command is configured. Never rejects.
 */
export function runFenceCommand(options: MonitorOptions, watch: BackendWatch, primary: string): Promise<FenceCommandEnd | undefined> {
  const [program, ...args] = options.failover.fenceCommand;
  if (program === undefined) return Promise.resolve(undefined);
  const { host, port } = watch.config.address;
  const env = {
    ...process.env,
    POINTSMAN_CLUSTER: options.cluster,
    POINTSMAN_BACKEND: watch.name,
    POINTSMAN_HOST: host,
    POINTSMAN_PORT: String(port),
    POINTSMAN_PRIMARY: primary,
  };
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { env, timeout: LONGEST_MS, killSignal: 'SIGKILL', maxBuffer: 1_000_000 },
      (error, stdout, stderr) => {
        const said = `${stdout}${stderr}`.trim().slice(0, TOLD_CHARACTERS);
        const tail = said === '' ? '' : `: ${said}`;
        if (error === null) resolve({ ok: true, text: `fence command for ${watch.name} succeeded${tail}` });
        else resolve({ ok: false, text: `fence command for ${watch.name} failed (${reasonOf(error)})${tail}` });
      },
    );
    child.stdin?.end();
  });
}

function reasonOf(error: Error & { readonly code?: number | string | null; readonly killed?: boolean }): string {
  if (error.killed === true) return `no end within ${LONGEST_MS / 1000} s`;
  return typeof error.code === 'number' ? `exit code ${error.code}` : error.message;
}
