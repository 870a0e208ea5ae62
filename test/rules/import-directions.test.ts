import { readdirSync } from 'node:fs';
import t from 'tap';
import { filesUnder, inRepository } from './repository.js';
import { importsOf, partOf } from './source-imports.js';

/** What each part of src may import; type imports count. Changed only together with DESIGN section 3. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  sql: [],
  topology: [],
  telemetry: [],
  config: ['routing'],
  // The SQL console speaks the protocol; the rest of it knows nobody.
  admin: ['client', 'net', 'protocol'],
  routing: ['sql', 'topology'],
  net: ['protocol'],
  client: ['net', 'protocol', 'telemetry'],
  backend: ['net', 'protocol', 'telemetry'],
  session: ['client', 'backend', 'net', 'protocol', 'routing', 'sql', 'topology', 'telemetry'],
  health: ['topology', 'telemetry'],
  app: ['admin', 'backend', 'client', 'config', 'health', 'net', 'protocol', 'routing', 'session', 'sql', 'telemetry', 'topology'],
  cli: ['app', 'config', 'protocol'],
  main: ['cli'],
};

/** Pure folders: no sockets, no timers, no files. */
const PURE = ['protocol', 'sql', 'topology', 'routing'];
const PURE_MODULES = ['node:crypto', 'node:buffer', 'node:zlib'];

/** The one folder that may use each package. Every other package is for development only. */
const PACKAGE_USER: Readonly<Record<string, string>> = { mysql2: 'health', pino: 'telemetry', 'prom-client': 'telemetry' };

const imports = filesUnder('src', '.ts').flatMap(importsOf);

t.ok(imports.length > 100, 'imports are found at all');

t.test('every part of src is known', async (t) => {
  const parts = readdirSync(inRepository('src')).filter((name) => name !== 'README.md');
  for (const part of parts) t.ok(MAY_IMPORT[partOf(`src/${part}`)], part);
});

t.test('parts import only what they may', async (t) => {
  const wrong = imports.filter(({ file, target }) => {
    if (target === undefined) return false;
    const [from, to] = [partOf(file), partOf(target)];
    return !target.startsWith('src/') || (from !== to && !MAY_IMPORT[from]?.includes(to));
  });
  t.same(
    wrong.map(({ file, specifier }) => `${file} imports ${specifier}`),
    [],
  );
});

t.test('pure folders use only modules that compute', async (t) => {
  const wrong = imports.filter(
    ({ file, specifier, target }) => target === undefined && PURE.includes(partOf(file)) && !PURE_MODULES.includes(specifier),
  );
  t.same(
    wrong.map(({ file, specifier }) => `${file} imports ${specifier}`),
    [],
  );
});

t.test('each package has one user', async (t) => {
  const wrong = imports.filter(({ file, specifier, target }) => {
    if (target !== undefined || specifier.startsWith('node:')) return false;
    return PACKAGE_USER[specifier.split('/')[0] ?? ''] !== partOf(file);
  });
  t.same(
    wrong.map(({ file, specifier }) => `${file} imports ${specifier}`),
    [],
  );
});
