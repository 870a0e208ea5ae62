import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { type CommandError, runCommand } from '../servers/run-command.js';
import { pythonTool } from './python-tool.js';

const FOLDER = join(REPOSITORY, 'config/kubernetes');
const FILES = ['pointsman.yaml', 'sidecar.yaml'];
/** The oldest version with sidecars and `preStop.sleep` on by default, and the newest that the validator knows. */
const VERSIONS = ['1.30', '1.37'];

interface Manifest {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
}

function manifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

t.test('manifests against the schemas of Kubernetes, unknown keys forbidden', async (t) => {
  const validate = await pythonTool('kubernetes-validate==1.37.0', 'kubernetes-validate');
  const check = (version: string, files: readonly string[]): Promise<string> =>
    runCommand(validate, ['--strict', '--quiet', '-k', version, ...files], { timeoutMs: 60_000 });
  const paths = FILES.map((file) => join(FOLDER, file));
  for (const version of VERSIONS) await t.resolves(check(version, paths), `Kubernetes ${version}`);
  const wrong = join(t.testdir(), 'wrong.yaml');
  writeFileSync(wrong, readFileSync(paths[0] ?? '', 'utf8').replace('readinessProbe:', 'readynessProbe:'));
  await t.rejects(check('1.30', [wrong]), /readynessProbe/, 'the check can fail');
});

t.test('what a service of its own needs is there', async (t) => {
  const kinds = manifests(readFileSync(join(FOLDER, 'pointsman.yaml'), 'utf8')).map(({ kind }) => kind);
  for (const kind of ['ConfigMap', 'Deployment', 'Service', 'PodDisruptionBudget', 'HorizontalPodAutoscaler', 'NetworkPolicy']) {
    t.ok(kinds.includes(kind), kind);
  }
});

t.test('the configuration in the ConfigMap is one that Pointsman takes', async (t) => {
  const map = manifests(readFileSync(join(FOLDER, 'pointsman.yaml'), 'utf8')).find(({ kind }) => kind === 'ConfigMap');
  const secrets = t.testdir({ 'monitor-password': 'm', 'admin-token': 'a-token-of-this-test' });
  const text = map?.data?.['pointsman.json']?.replaceAll('/run/secrets/pointsman', secrets) ?? '';
  const file = join(t.testdir({ 'monitor-password': 'm', 'admin-token': 'a-token-of-this-test' }), 'pointsman.json');
  writeFileSync(file, text);
  const checked = await runCommand(process.execPath, [join(REPOSITORY, 'dist/main.js'), 'check', '--config', file]).catch(
    (error: unknown) => error as CommandError,
  );
  t.type(checked, 'string', String(checked));
});
