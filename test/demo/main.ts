/** The compiled half of `npm run demo`; test/demo/demo.mjs gets everything ready first. */
import { writeFile } from 'node:fs/promises';
import { availableFlavors, type Flavor, serverUnavailable } from '../servers/servers.js';
import { type DemoOptions, readDemoOptions, USAGE, UsageError } from './demo-options.js';
import { runInteractive } from './interactive.js';
import { printReport, printSummary } from './print-report.js';
import { Progress } from './progress.js';
import { type RunReport, runFailover } from './scenario.js';

async function chooseFlavor(wanted: Flavor | undefined): Promise<Flavor> {
  if (wanted !== undefined) {
    const reason = await serverUnavailable(wanted);
    if (reason !== undefined) throw new Error(reason);
    return wanted;
  }
  const [first] = await availableFlavors();
  if (first === undefined) throw new Error(`${await serverUnavailable('mysql')}\n${await serverUnavailable('mariadb')}`);
  return first;
}

async function runScenario(options: DemoOptions, flavor: Flavor): Promise<number> {
  const reports: RunReport[] = [];
  let broken = 0;
  for (let run = 1; run <= options.runs; run++) {
    if (options.runs > 1) console.log(`\nrun ${run} of ${options.runs}`);
    try {
      const report = await runFailover(options, flavor, run, new Progress());
      reports.push(report);
      console.log(printReport(report));
    } catch (error) {
      broken += 1;
      console.error(`the run could not be finished: ${(error as Error).stack}`);
    }
  }
  if (options.runs > 1) console.log(printSummary(reports, broken));
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ date: new Date().toISOString(), broken, runs: reports }, null, 2)}\n`);
  }
  return broken > 0 || reports.some((report) => report.failed.length > 0) ? 1 : 0;
}

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  try {
    const options = readDemoOptions(process.argv.slice(2));
    const flavor = await chooseFlavor(options.flavor);
    return options.scenario === undefined ? await runInteractive(options, flavor) : await runScenario(options, flavor);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    console.error((error as Error).message);
    return 1;
  }
}

// Ctrl-C in the middle of a scenario: the process goes, and the undertaker takes servers and folders away.
process.exit(await main());
