/**
 * npm test: everything from a bare clone. `node test/run.mjs [SUITE] [WORD...] [--seed=N] [--only=NAME,...] [--count N] [--anyway]`; see test/README.md.
 * SUITE: all (default) | check | drivers | chaos | soak | fuzz. With WORDs only the files whose path holds one of them.
 * The last line is `N passed, N failed, N skipped`: single assertions, not files.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkNode, compile, installPackages, provision, root, run, say } from './run/set-up.mjs';

const SUITES = ['drivers', 'chaos', 'soak', 'fuzz'];
const cpus = Math.min(4, availableParallelism());

/** At most so many files at once: one more than there are CPUs, because most of them wait for time-outs and for servers that start. */
const LANES = cpus + 1;

/** A group begins when all files of the one before have begun; `jobs` files of a group at a time. */
const GROUPS = {
  rules: { jobs: cpus, timeoutSeconds: 60, servers: false },
  unit: { jobs: cpus, timeoutSeconds: 120, servers: false },
  golden: { jobs: cpus, timeoutSeconds: 120, servers: false },
  integration: { jobs: LANES, timeoutSeconds: 480, servers: true },
  // Random sequences of statements; long ones are in soak.
  oracle: { jobs: 1, timeoutSeconds: 480, servers: true },
  // Downloads and checks of files: manifests, unit, package; and the single executable, in front of a server.
  packaging: { jobs: 1, timeoutSeconds: 300, servers: true },
  'drivers-core': { jobs: 1, timeoutSeconds: 480, servers: true },
  containers: { jobs: 1, timeoutSeconds: 300, servers: true },
  guides: { jobs: 1, timeoutSeconds: 300, servers: true },
  chaos: { jobs: 1, timeoutSeconds: 6 * 3600, servers: true },
  soak: { jobs: 1, timeoutSeconds: 6 * 3600, servers: true },
};

const given = process.argv.slice(2).flatMap((word) => (word.startsWith('--count=') ? ['--count', word.slice(8)] : [word]));
const countAt = given.indexOf('--count');
/** Of a long suite that counts (chaos): so many rounds. */
const count = countAt < 0 ? process.env.POINTSMAN_COUNT : given.splice(countAt, 2)[1];
const words = given.filter((word) => !word.startsWith('--'));
const suite = ['all', 'check', ...SUITES].includes(words[0]) ? words.shift() : 'all';
const seed = Number(process.argv.find((word) => word.startsWith('--seed='))?.slice(7) ?? Math.floor(Math.random() * 2 ** 31));
/** Of a suite with parts of its own (drivers) only these. */
const only = process.argv.find((word) => word.startsWith('--only='))?.slice(7) ?? process.env.POINTSMAN_ONLY ?? '';
/** A suite may leave more for its record here, as JSON. */
const DETAILS = join(root, '.build/suite-details.json');
const total = { passed: 0, failed: 0, skipped: 0 };
const results = [];
const complaints = [];

function fail(what, detail) {
  total.failed += 1;
  complaints.push({ what, detail });
  say(`FAILED  ${what}\n${detail}`);
}

function filesOf(group) {
  const folder = join(root, '.build/test', group);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.js'));
  return files
    .map((file) => `${group}/${file}`)
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();
}

function show(result) {
  const counts = `${result.passed} passed${result.failed > 0 ? `, ${result.failed} failed` : ''}${result.skipped > 0 ? `, ${result.skipped} skipped` : ''}`;
  say(
    `${result.failed > 0 ? 'FAILED' : result.passed === 0 ? 'skip  ' : 'ok    '}  ${result.file}  ${counts}  ${result.seconds.toFixed(1)} s`,
  );
  for (const { name, detail } of result.failures) say(`    ${name}\n${detail.replaceAll(/^/gm, '        ')}`);
  const reasons = new Map();
  for (const { reason } of result.skips) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for (const [reason, count] of reasons) say(`    skipped ${count}: ${reason === '' ? '(no reason given)' : reason}`);
}

/** Files that run; those that wait for a lane, oldest first. */
const lanes = { taken: 0, waiting: [] };

async function takeLane() {
  if (lanes.taken >= LANES) await new Promise((resolve) => lanes.waiting.push(resolve));
  else lanes.taken += 1;
}

function leaveLane() {
  const next = lanes.waiting.shift();
  if (next === undefined) lanes.taken -= 1;
  else next();
}

/** Runs files in the order given, at most `jobs` at a time; results are shown as they come. Two promises: all have begun, all have ended. */
function runFiles(files, { jobs, timeoutSeconds }, env) {
  const left = [...files];
  let allBegun = () => undefined;
  const begun = new Promise((resolve) => {
    allBegun = resolve;
  });
  const worker = async () => {
    const { runFile } = await import('./run/run-file.mjs');
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      await takeLane();
      if (left.length === 0) allBegun();
      const result = await runFile(join(root, '.build/test', file), file.replace(/\.test\.js$/, ''), { timeoutSeconds, env });
      for (const key of ['passed', 'failed', 'skipped']) total[key] += result[key];
      results.push(result);
      show(result);
      leaveLane();
    }
  };
  return { begun, ended: Promise.all(Array.from({ length: jobs }, worker)) };
}

async function runGroups(groups) {
  const needServers = groups.some((group) => (GROUPS[group]?.servers ?? true) && filesOf(group).length > 0);
  // Downloads and unit tests do not mind each other.
  const provisioned = needServers ? provision({ programs: true, tools: suite === 'all' && words.length === 0 }) : Promise.resolve([]);
  const env = {
    ...(count === undefined ? {} : { POINTSMAN_COUNT: count }),
    POINTSMAN_SEED: String(seed),
    POINTSMAN_ONLY: only,
    POINTSMAN_SUITE_DETAILS: DETAILS,
  };
  rmSync(DETAILS, { force: true });
  let shown = false;
  const ended = [provisioned];
  for (const group of groups) {
    const settings = GROUPS[group] ?? { jobs: 1, timeoutSeconds: 3600, servers: true };
    const files = filesOf(group);
    if (files.length === 0) continue;
    if (settings.servers && !shown) {
      shown = true;
      for (const { flavor, source, version, reason } of await provisioned) {
        say(reason === undefined ? `servers: ${flavor} ${version} (${source})` : `servers: no ${flavor}: ${reason}`);
        if (reason !== undefined) env[`POINTSMAN_TEST_NO_${flavor.toUpperCase()}`] = reason;
      }
    }
    const run = runFiles(files, settings, env);
    ended.push(run.ended);
    await Promise.race([run.begun, run.ended]);
  }
  await Promise.all(ended);
}

async function lint() {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const folders = ['src', 'test', 'bench'].filter((folder) => existsSync(join(root, folder)));
  const result = await run(process.execPath, [biome, 'check', '--error-on-warnings', '--colors=off', ...folders]);
  if (result.code !== 0) fail('lint (biome)', result.output);
  else say('ok      lint');
}

async function types() {
  const complaint = await compile(suite === 'check' ? ['.build'] : ['dist', '.build']);
  if (complaint !== '') fail('types (tsc)', complaint);
  else say('ok      types');
  return complaint === '';
}

/** What a long suite found, for the record: test/results/NAME.json. */
async function writeResults() {
  const commit = (await run('git', ['rev-parse', 'HEAD'])).output.trim();
  const changed = (await run('git', ['status', '--porcelain', '--untracked-files=no'])).output.trim() !== '';
  const folder = join(root, 'test/results');
  mkdirSync(folder, { recursive: true });
  const files = results.map(({ file, passed, failed, skipped, seconds, failures, skips }) => ({
    file,
    passed,
    failed,
    skipped,
    seconds: Math.round(seconds),
    failures,
    skips,
  }));
  const details = existsSync(DETAILS) ? { details: JSON.parse(readFileSync(DETAILS, 'utf8')) } : {};
  const path = join(folder, `${suite}.json`);
  // What the consistency checker wrote there itself, session by session.
  const { checker } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const record = {
    suite,
    commit,
    changed,
    date: new Date().toISOString(),
    node: process.version,
    seed,
    ...total,
    files,
    ...details,
    checker,
  };
  writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`);
  say(`written: test/results/${suite}.json`);
  // Documents hold tables of what was found.
  const generated = await run(process.execPath, [join(root, '.build/test/rules/generate.js')]);
  if (generated.code !== 0) fail('npm run generate', generated.output);
}

async function main() {
  checkNode();
  const started = performance.now();
  await installPackages();
  const groups =
    suite === 'all'
      ? Object.keys(GROUPS).filter((group) => !SUITES.includes(group))
      : suite === 'check'
        ? ['rules', 'unit', 'golden']
        : [suite];
  const linted = suite === 'all' || suite === 'check' ? lint() : Promise.resolve();
  const compiled = await types();
  await linted;
  // While a part is being rewritten the rest can be tried all the same: --anyway.
  if (compiled || process.argv.includes('--anyway')) await runGroups(groups);
  // A part of a suite is no record of it.
  if (SUITES.includes(suite) && results.length > 0 && words.length === 0 && only === '') await writeResults();
  const failedFiles = results.filter((result) => result.failed > 0).map((result) => result.file);
  if (failedFiles.length + complaints.length > 0) say(`\nfailed: ${[...complaints.map(({ what }) => what), ...failedFiles].join(', ')}`);
  if (total.passed + total.failed === 0)
    say(`\nnothing ran: no test in ${groups.join(', ')}${words.length > 0 ? ` holds ${words.join(' or ')}` : ''}`);
  say(`\n${Math.round((performance.now() - started) / 1000)} s`);
}

try {
  await main();
} catch (error) {
  fail('set-up', error instanceof Error ? error.message : String(error));
}
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
