import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';

interface FileResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly name: string; readonly detail: string }[];
  readonly skips: readonly { readonly name: string; readonly reason: string }[];
}
type RunFile = (file: string, name: string, options: { timeoutSeconds: number; env: Record<string, string> }) => Promise<FileResult>;

const repository = resolve(import.meta.dirname, '../../..');
const { runFile } = (await import(pathToFileURL(join(repository, 'test/run/run-file.mjs')).href)) as { runFile: RunFile };
// Below the repository, so that the files find tap.
const folder = join(repository, '.build', `run-file-${process.pid}`);
mkdirSync(folder, { recursive: true });
t.teardown(() => rmSync(folder, { recursive: true }));

function runText(name: string, text: string, timeoutSeconds = 30): Promise<FileResult> {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, text.includes('tap') || text === '' ? text : `import t from 'tap';\n${text}`);
  return runFile(file, name, { timeoutSeconds, env: {} });
}

t.test('single assertions are counted, subtests are not counted again', async (t) => {
  const result = await runText(
    'nested',
    "t.ok(1); t.test('a', async (t) => { t.ok(1); t.test('b', async (t) => { t.ok(1); t.equal(1, 1); }); });",
  );
  t.match(result, { passed: 4, failed: 0, skipped: 0 });
});

t.test('a subtest without assertions counts as one: it passed by not throwing', async (t) => {
  const result = await runText('bare', "t.test('a', async () => {}); t.test('b', async (t) => { t.test('c', async () => {}); });");
  t.match(result, { passed: 2, failed: 0, skipped: 0 });
});

t.test('a failure is named by its way through the subtests, with its difference and what the file said', async (t) => {
  const result = await runText(
    'fails',
    "t.test('a', async (t) => { t.test('b', async (t) => { console.error('I said this'); t.same({ x: 1 }, { x: 2 }, 'same'); }); });",
  );
  t.match(result, { passed: 0, failed: 1, skipped: 0 });
  t.equal(result.failures[0]?.name, 'a > b > same');
  t.match(result.failures[0]?.detail, /\+ {2}"x": 1/);
  t.match(result.failures[1]?.detail, /I said this/);
});

t.test('skipped and todo are neither passed nor failed, and keep their reason', async (t) => {
  const result = await runText(
    'skips',
    "t.test('a', { skip: 'no server' }, async () => {}); t.test('later', { todo: true }, async () => {});",
  );
  t.match(result, { passed: 0, failed: 0, skipped: 2 });
  t.match(result.skips[0], { name: 'a', reason: 'no server' });
});

t.test('a file that skips itself as a whole counts as one skipped', async (t) => {
  const result = await runText('whole', "t.plan(0, 'no engine');");
  t.match(result, { passed: 0, failed: 0, skipped: 1, skips: [{ reason: 'no engine' }] });
});

t.test('a thrown error, a wrong plan and a time-out fail', async (t) => {
  t.match(await runText('throws', "t.test('a', async () => { throw new Error('boo'); });"), { passed: 0, failed: 1 });
  t.match(await runText('plan', "t.test('a', (t) => { t.plan(3); t.ok(1); t.end(); });"), { passed: 1, failed: 1 });
  const late = await runText('late', "t.test('a', { timeout: 200 }, () => new Promise((r) => setTimeout(r, 900)));");
  t.ok(late.failed >= 1);
});

t.test('a file that dies, runs nothing or cannot be loaded fails', async (t) => {
  const dies = await runText('dies', "t.ok(1); await new Promise((r) => setTimeout(r, 50)); process.kill(process.pid, 'SIGKILL');");
  t.match(dies, { passed: 1, failed: 1 });
  t.match(dies.failures[0]?.name, /SIGKILL/);
  t.match(await runText('empty', ''), { passed: 0, failed: 1, skipped: 0 });
  const broken = await runText('broken', "import { nothing } from 'tap/nothing';");
  t.match(broken, { passed: 0, failed: 1 });
  t.match(broken.failures[0]?.detail, /nothing/);
});

t.test('a file that never ends is ended', async (t) => {
  const result = await runText(
    'endless',
    'setInterval(() => undefined, 1000); t.ok(1); for (;;) await new Promise((r) => setTimeout(r, 100));',
    -19,
  );
  t.equal(result.failed, 1);
  t.match(result.failures[0]?.name, /did not end in time/);
});
