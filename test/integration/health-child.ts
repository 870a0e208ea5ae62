/**
 * A monitor in a process of its own, which kills itself with SIGKILL (or stops itself with SIGSTOP) in the middle of a promotion: once the
 * report's timeline has as many entries as asked for. Arguments: settings as JSON, entries, further delay in ms, signal. Prints `ready`,
 * and on SIGUSR2 a line of JSON with its primary and its reports.
 */
import { writeSync } from 'node:fs';
import { Monitor } from '../../src/health/monitor.js';
import type { MonitorSettings } from '../../src/health/options.js';

const [, , settings = '{}', entries = '1', delayMs = '0', signal = 'SIGKILL'] = process.argv;
const drop = () => undefined;
const monitor = new Monitor({ ...(JSON.parse(settings) as MonitorSettings), log: { debug: drop, info: drop, warn: drop, error: drop } });

function watch(): void {
  if ((monitor.failovers[0]?.timeline.length ?? 0) < Number(entries)) {
    setImmediate(watch);
    return;
  }
  const until = performance.now() + Number(delayMs);
  // Not a timer: the process must not get on with its work, but what it sent is on its way.
  while (performance.now() < until);
  process.kill(process.pid, signal);
}

process.on('SIGUSR2', () => {
  writeSync(1, `${JSON.stringify({ primary: monitor.snapshot.primary, reports: monitor.failovers })}\n`);
});

await monitor.start();
setTimeout(() => {
  writeSync(1, 'ready\n');
  watch();
}, 700);
