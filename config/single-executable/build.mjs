/**
 * npm run build:sea [-- --output FILE]: Pointsman and Node in one file, for machines without Node. Made of the Node that runs this.
 * All sources become one script (esbuild), which Node makes a blob of, with the dashboard beside it; postject puts that into a copy of Node.
 * https://nodejs.org/docs/latest-v20.x/api/single-executable-applications.html
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { inject } from 'postject';

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');

/** Node looks for it in its own file to know whether it is a single executable. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const { values } = parseArgs({ options: { output: { type: 'string', default: join(ROOT, 'dist/pointsman') } } });
const output = resolve(values.output);
const folder = mkdtempSync(join(tmpdir(), 'pointsman-sea-'));

/** mysql2 tries whether an optional package is there; Node would warn about a package that a single executable asks for. */
const ASK_FOR_NODES_OWN_ONLY = `require = ((given) => (name) => {
  if (!given('node:module').isBuiltin(name)) throw Object.assign(new Error('Cannot find module ' + name), { code: 'MODULE_NOT_FOUND' });
  return given(name);
})(require);`;

/** The page's files by their path, in one asset: Node 20 cannot list assets. */
function packDashboard(from) {
  const names = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(from, name)).isFile());
  return JSON.stringify(Object.fromEntries(names.map((name) => [name.replaceAll('\\', '/'), readFileSync(join(from, name), 'utf8')])));
}

try {
  await build({
    entryPoints: [join(ROOT, 'src/main.ts')],
    outfile: join(folder, 'pointsman.cjs'),
    bundle: true,
    platform: 'node',
    target: `node${process.versions.node}`,
    format: 'cjs',
    keepNames: true,
    banner: { js: ASK_FOR_NODES_OWN_ONLY },
    // Only what asks isSea() first uses it, and does without here.
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
  });
  writeFileSync(join(folder, 'dashboard.json'), packDashboard(join(ROOT, 'src/admin/dashboard')));
  const settings = {
    main: join(folder, 'pointsman.cjs'),
    output: join(folder, 'pointsman.blob'),
    disableExperimentalSEAWarning: true,
    assets: { 'package.json': join(ROOT, 'package.json'), 'dashboard.json': join(folder, 'dashboard.json') },
  };
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(settings));
  execFileSync(process.execPath, ['--experimental-sea-config', join(folder, 'sea.json')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const program = join(folder, 'pointsman');
  copyFileSync(process.execPath, program);
  chmodSync(program, 0o755);
  await inject(program, 'NODE_SEA_BLOB', readFileSync(settings.output), {
    sentinelFuse: FUSE,
    ...(process.platform === 'darwin' && { machoSegmentName: 'NODE_SEA' }),
  });
  mkdirSync(dirname(output), { recursive: true });
  // One that runs may not be written to; a new file in its place may be there.
  rmSync(output, { force: true });
  copyFileSync(program, output);
  console.log(`${output}: ${Math.round(statSync(output).size / 2 ** 20)} MiB, Node ${process.versions.node}`);
} finally {
  rmSync(folder, { recursive: true });
}
