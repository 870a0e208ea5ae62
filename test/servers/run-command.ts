import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** A command that could not be started or ended with something else than 0; `detail` holds the end of what it said. */
export class CommandError extends Error {
  readonly code = 'PM_TEST_COMMAND';
  readonly exitCode: number | undefined;
  readonly detail: string;
  constructor(command: string, exitCode: number | undefined, detail: string) {
    super(`${command}: ${exitCode === undefined ? 'did not run' : `exit code ${exitCode}`}${detail === '' ? '' : `: ${detail}`}`);
    this.exitCode = exitCode;
    this.detail = detail;
  }
}

/** Runs a program without a shell and gives its standard output; fails with CommandError. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // spawn's own `timeout` keeps the process up until it is over when the program could not be started at all (Node 20).
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    const out: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      all.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => all.push(chunk));
    child.stdin.on('error', () => undefined); // the program may end without reading it
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new CommandError(command, undefined, error.message));
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      if (exitCode === 0) resolve(Buffer.concat(out).toString());
      else reject(new CommandError(command, exitCode ?? -1, `${signal ?? ''} ${Buffer.concat(all).toString().slice(-2000)}`.trim()));
    });
  });
}

/** The same, as root: directly when we are, else through sudo, which asks for a password only on a terminal. */
export async function runAsRoot(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  if (process.getuid?.() === 0) return runCommand(command, args, options);
  if (process.stdin.isTTY) {
    await new Promise<void>((resolve, reject) => {
      const child = spawn('sudo', ['-v'], { stdio: 'inherit' });
      child.on('error', (error) => reject(new CommandError('sudo', undefined, error.message)));
      child.on('close', (code) => (code === 0 ? resolve() : reject(new CommandError('sudo', code ?? -1, 'not allowed'))));
    });
  }
  return runCommand('sudo', ['-n', '--', command, ...args], options);
}
