/** The compiled half of `npm run bench`; bench/bench.mjs gets everything ready first. */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { type BenchOptions, BenchUsageError, readBenchOptions, type TargetName, USAGE } from './bench-options.js';
import { compareTargets, type Measurement } from './compare.js';
import { type IdleCost, measureIdle, printIdle } from './idle-clients.js';
import { type LargeResultCost, measureLarge, printLarge } from './large-result.js';
import { printComparison, summarise } from './print-comparison.js';
import { type Stage, setStage, type Target } from './stage.js';

const started = performance.now();
const progress = (text: string): void => console.log(`[${Math.round((performance.now() - started) / 1000)} s] ${text}`);

async function runCompare(stage: Stage, options: BenchOptions): Promise<Measurement[]> {
  const opened = await stage.open(options.targets);
  try {
    const measurements = await compareTargets(opened.targets, options, progress);
    console.log(`\n${printComparison(measurements)}\n`);
    return measurements;
  } finally {
    await opened.stop();
  }
}

/** Each proxy fresh and alone, so that what went before does not count. */
async function eachProxy<T>(stage: Stage, options: BenchOptions, work: (target: Target) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (const name of options.targets.filter((one: TargetName) => one !== 'direct')) {
    const opened = await stage.open([name]);
    try {
      for (const target of opened.targets) results.push(await work(target));
    } finally {
      await opened.stop();
    }
  }
  return results;
}

async function runParts(options: BenchOptions): Promise<void> {
  const stage = await setStage(options, progress);
  let measurements: Measurement[] = [];
  let idle: IdleCost[] = [];
  let large: LargeResultCost[] = [];
  try {
    const { version } = stage.set.primary;
    console.log(
      `${stage.set.flavor} ${version}, Node ${process.versions.node}, ${cpus().length} CPUs shared by all, workers ${options.workers}, ps-mode ${options.psMode}`,
    );
    if (options.compare) measurements = await runCompare(stage, options);
    const { idle: clients } = options;
    if (clients !== undefined) {
      progress('idle clients');
      idle = await eachProxy(stage, options, (target) => measureIdle(target, clients));
      console.log(`\n${printIdle(idle)}\n`);
    }
    if (options.large) {
      progress('large results');
      large = (await eachProxy(stage, options, (target) => measureLarge(target, stage.set.primary.port, options))).flat();
      console.log(`\n${printLarge(large)}\n`);
    }
    if (options.json !== undefined) {
      const about = { date: new Date().toISOString(), node: process.version, flavor: stage.set.flavor, version, cpus: cpus().length };
      const all = { ...about, options, loadAverage: loadavg(), comparison: summarise(measurements), measurements, idle, large };
      await writeFile(options.json, `${JSON.stringify(all, null, 2)}\n`);
    }
  } finally {
    await stage.stop();
  }
}

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  try {
    await runParts(readBenchOptions(process.argv.slice(2)));
    progress('done');
    return 0;
  } catch (error) {
    if (error instanceof BenchUsageError) {
      console.error(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    console.error(error);
    return 1;
  }
}

// Ctrl-C in the middle: the process goes, and the undertaker takes server, proxies and folders away.
process.exit(await main());
