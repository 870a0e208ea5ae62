/** Set-up shared by `npm test` and `npm run demo`, from a bare clone: packages, compiled code, servers. Plain JavaScript, Node's own modules only. */
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** @param {string} text */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/** Stops at once where the tools could only fail in an unclear way later. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`Pointsman needs Node 20.19 or newer, this is ${process.versions.node}\n`);
  process.exit(2);
}

/**
 * Runs a program in the repository's folder; gives its exit code and all it said. With `show`, what it says also appears at once.
 * @param {string} command
 * @param {string[]} args
 * @param {{ show?: boolean, env?: NodeJS.ProcessEnv, timeoutMs?: number, onStdout?: (chunk: Buffer) => void }} [options]
 * @returns {Promise<{ code: number, signal: string | null, timedOut: boolean, output: string }>}
 */
export function run(command, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } });
    const parts = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs ?? 900_000);
    child.stdout.on('data', (chunk) => {
      parts.push(chunk);
      if (options.show) process.stdout.write(chunk);
      options.onStdout?.(chunk);
    });
    child.stderr.on('data', (chunk) => {
      parts.push(chunk);
      if (options.show) process.stderr.write(chunk);
    });
    const end = (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, timedOut, output: Buffer.concat(parts).toString() });
    };
    child.on('error', (error) => {
      parts.push(Buffer.from(`${command}: ${error.message}\n`));
      end(127, null);
    });
    child.on('close', (code, signal) => end(code ?? 1, signal));
  });
}

/** Names of packages that package-lock.json wants and node_modules lacks or has in another version. */
function stalePackages() {
  const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return ['all'];
  const installed = read('node_modules/.package-lock.json');
  const wanted = Object.entries(read('package-lock.json'));
  // Optional packages are for other platforms where they are missing.
  return wanted
    .filter(([path, entry]) => path !== '' && !entry.optional && installed[path]?.version !== entry.version)
    .map(([path]) => path);
}

/** Holds a lock for the life of `work`, against another `npm test` or demo of this clone. */
async function locked(work) {
  const folder = process.env.POINTSMAN_TEST_CACHE ?? join(homedir(), '.cache/pointsman');
  mkdirSync(folder, { recursive: true });
  const name = `set-up-${root.replaceAll(/[^A-Za-z0-9]+/g, '-')}.lock`;
  const holder = spawn('flock', ['--exclusive', join(folder, name), 'sh', '-c', 'echo got; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise((got) => {
    holder.stdout.once('data', got);
    holder.once('error', got); // no flock here: then without
    holder.once('exit', got);
  });
  try {
    return await work();
  } finally {
    holder.stdin?.end();
  }
}

/** `npm ci` where node_modules is missing or stale. Fails with what npm said. */
export function installPackages() {
  return locked(async () => {
    const stale = stalePackages();
    if (stale.length === 0) return;
    const modules = join(root, 'node_modules');
    if (existsSync(modules) && lstatSync(modules).isSymbolicLink()) {
      say(`set-up: node_modules is a link and not up to date (${stale.slice(0, 3).join(', ')}); left as it is`);
      return;
    }
    say('set-up: installing packages (npm ci)');
    const result = await run('npm', ['ci', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'], {
      env: { npm_config_yes: 'true' },
    });
    if (result.code !== 0)
      throw new Error(`npm ci failed:\n${result.output.slice(0, 3000)}\n...\n${result.output.slice(3000).slice(-1500)}`);
  });
}

/** Removes compiled files whose source is gone, so that a deleted test does not go on running. */
function removeOrphans(folder, sourceFolder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const source = join(sourceFolder, entry.name);
    if (entry.isDirectory()) removeOrphans(path, source);
    else if (/\.js(\.map)?$/.test(entry.name) && !existsSync(source) && !existsSync(source.replace(/\.js(\.map)?$/, '.ts'))) rmSync(path);
  }
}

/**
 * Compiles src to dist and everything to .build (only what changed). Gives '' or the compiler's complaints.
 * @param {('dist' | '.build')[]} targets
 */
export function compile(targets = ['dist', '.build']) {
  return locked(async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const results = await Promise.all(
      targets.map(async (target) => {
        // tsc trusts its list of what it wrote; without the files the list is of no use.
        if (!existsSync(join(root, target, target === 'dist' ? 'main.js' : 'src')))
          rmSync(join(root, target), { recursive: true, force: true });
        removeOrphans(join(root, target), target === 'dist' ? join(root, 'src') : root);
        return run(process.execPath, [tsc, '-p', target === 'dist' ? 'tsconfig.build.json' : 'tsconfig.test.json']);
      }),
    );
    const complaints = results.flatMap((result) => (result.code === 0 ? [] : result.output.split('\n')));
    return [...new Set(complaints)].join('\n');
  });
}

/**
 * Gets servers and their template data folders. Gives, per flavor, where the server comes from or why there is none.
 * @param {string[]} flavors
 * @returns {Promise<{ flavor: string, source?: string, version?: string, reason?: string }[]>}
 */
export async function provision({ programs = false, tools = false } = {}) {
  const flavors = ['mysql', 'mariadb'];
  const script = join(root, '.build/test/servers/provision.js');
  const more = [...(programs ? ['programs'] : []), ...(tools ? ['tools'] : [])];
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...flavors, ...more], {
    cwd: root,
    stdio: [process.stdin.isTTY ? 'inherit' : 'ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => say(`set-up: ${String(chunk).trim()}`));
  const code = await new Promise((done) => child.on('close', done));
  const lines = out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  return flavors.map((flavor) => lines.find((line) => line.flavor === flavor) ?? { flavor, reason: `provisioning ended with ${code}` });
}

/** Path of a file of the repository as a reader would name it. */
export function shortName(path) {
  return relative(root, path);
}
