import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, withLock } from '../servers/cache-folder.js';

/** One login with a driver; gives `ok` or the driver's error text. */
export type Login = (options: { port: number; user: string; password: string; tls: boolean }) => Promise<string>;

/** A driver of another language, or why it cannot be had here. */
export type ForeignDriver = { readonly login: Login } | { readonly missing: string };

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '../../../test/integration/drivers');

/** PyMySQL in a virtual environment of its own, made when first asked for. */
export async function pymysql(): Promise<ForeignDriver> {
  const folder = join(cacheFolder(), 'python-login');
  const python = join(folder, 'bin/python');
  const script = join(SOURCES, 'pymysql_login.py');
  return await prepared(
    `${folder}/done`,
    async () => {
      await run('python3', ['-m', 'venv', folder]);
      await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'pymysql', 'cryptography']);
    },
    async ({ port, user, password, tls }) =>
      (await run(python, [script, '127.0.0.1', String(port), user, password, tls ? '1' : '0'])).trim(),
  );
}

/** go-sql-driver, built when first asked for. */
export async function goSqlDriver(): Promise<ForeignDriver> {
  const folder = join(cacheFolder(), 'go-login');
  const program = join(folder, 'login');
  return await prepared(
    `${folder}/done`,
    async () => {
      await mkdir(folder, { recursive: true });
      await run('go', ['build', '-o', program, '.'], join(SOURCES, 'go-login'));
    },
    async ({ port, user, password, tls }) => {
      const text = await run(
        program,
        [`${user}:${password}@tcp(127.0.0.1:${port})/?timeout=10s&tls=${tls ? 'skip-verify' : 'false'}`],
        undefined,
        true,
      );
      return text.trim();
    },
  );
}

/** The mariadb command line client, which comes with the test servers. */
export const mariadbClient: ForeignDriver = {
  login: async ({ port, user, password, tls }) => {
    const output = await mariadb(port, password, ['-h127.0.0.1', tls ? '--ssl' : '--skip-ssl'], user);
    return output === '' ? 'ok' : output;
  },
};

/** Runs `DO 1` with the mariadb client; gives what it complains of, '' when nothing. */
export async function mariadb(port: number, password: string, more: readonly string[], user = 'app'): Promise<string> {
  const where = port === 0 ? [] : ['-h127.0.0.1', `-P${port}`];
  return (
    await run('mariadb', ['--no-defaults', ...where, ...more, `-u${user}`, `--password=${password}`, '-e', 'DO 1'], undefined, true)
  ).trim();
}

async function prepared(mark: string, prepare: () => Promise<void>, login: Login): Promise<ForeignDriver> {
  try {
    await withLock(mark.replaceAll('/', '_').slice(-40), async () => {
      if (existsSync(mark)) return;
      await prepare();
      await run('touch', [mark]);
    });
    return { login };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

/** Output of a program, both streams. @throws with that output when it fails, unless `mayFail`. */
async function run(program: string, args: readonly string[], cwd?: string, mayFail = false): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd !== undefined && { cwd }) });
  let output = '';
  child.stdout.on('data', (bytes) => {
    output += String(bytes);
  });
  child.stderr.on('data', (bytes) => {
    output += String(bytes);
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? -1));
  });
  if (code !== 0 && !mayFail) throw new Error(`${program} ended with ${code}: ${output.slice(-500)}`);
  return output;
}
