import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { runCommand } from '../servers/run-command.js';

/** A copy of what git holds, so that building it disturbs nobody. */
async function copyOfRepository(folder: string): Promise<string> {
  const files = (await runCommand('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: REPOSITORY })).split(
    '\0',
  );
  for (const file of files.filter((name) => name !== '')) {
    if (/^(src|config|\.npmignore|package|tsconfig|README|CHANGELOG|LICENSE)/.test(file))
      cpSync(join(REPOSITORY, file), join(folder, file));
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

t.test('npm pack makes a package that npx runs', async (t) => {
  const folder = t.testdir();
  const source = await copyOfRepository(folder);
  const packed = join(folder, 'packed');
  mkdirSync(packed);
  await runCommand('npm', ['pack', '--pack-destination', packed, '--loglevel=error'], { cwd: source, timeoutMs: 180_000 });
  const [file = ''] = readdirSync(packed);
  t.match(file, /^pointsman-\d+\.\d+\.\d+\.tgz$/);
  const inside = (await runCommand('tar', ['-tzf', join(packed, file)])).split('\n');
  for (const name of ['dist/main.js', 'config/pointsman.schema.json', 'config/kubernetes/sidecar.yaml', 'README.md', 'LICENSE']) {
    t.ok(inside.includes(`package/${name}`), name);
  }
  t.same(
    inside.filter((name) => /\/(test|bench|src)\/|\.tsbuildinfo|\.env$/.test(name.replace('example.env', ''))),
    [],
    'no sources, no tests, no secrets',
  );
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  const npx = (...args: string[]): Promise<string> =>
    runCommand('npx', ['--yes', '--loglevel=error', '--package', join(packed, file), 'pointsman', ...args], {
      cwd: elsewhere,
      timeoutMs: 180_000,
      env: { ...process.env, npm_config_cache: join(folder, 'cache') },
    });
  t.match(await npx('version'), /\d+\.\d+\.\d+/);
  t.match(await npx('help'), /pointsman start/);
});
