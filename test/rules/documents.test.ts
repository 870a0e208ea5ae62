import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import t from 'tap';
import { COMMANDS } from '../../src/cli/commands.js';
import { METRICS } from '../../src/telemetry/metric-catalog.js';
import { filesUnder, inRepository } from './repository.js';

const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...filesUnder('src', '.md'),
  ...filesUnder('config', '.md'),
  ...filesUnder('test', '.md'),
];

t.test('links of documents lead somewhere', async (t) => {
  for (const document of DOCUMENTS) {
    const text = readFileSync(inRepository(document), 'utf8').replace(/^ {4}.*$|```[\s\S]*?```/gm, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      t.ok(existsSync(inRepository(posix.join(posix.dirname(document), target))), `${document}: ${target}`);
    }
  }
});

t.test('the README names every command, and only commands that exist', async (t) => {
  const text = readFileSync(inRepository('README.md'), 'utf8');
  const named = [...text.matchAll(/^ {4}pointsman ([\w-]+)/gm)].map(([, name]) => name);
  t.same([...new Set(named)].sort(), COMMANDS.map(({ name }) => name).sort());
});

t.test('every metric that a document names exists', async (t) => {
  for (const document of DOCUMENTS) {
    for (const [name] of readFileSync(inRepository(document), 'utf8').matchAll(/\bpointsman_[a-z_]+[a-z]\b/g))
      t.ok(name in METRICS, `${document}: ${name}`);
  }
});
