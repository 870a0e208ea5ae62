/**
 * A monitor in a process of its own that moves the role and kills itself with SIGKILL once it has told of as many things as asked for.
 * Arguments: settings as JSON, the new primary, how many things, further delay in ms.
 */
import { writeSync } from 'node:fs';
import { Monitor } from '../../src/health/monitor.js';
import type { MonitorSettings } from '../../src/health/options.js';

const [, , settings = '{}', to = '', entries = '1', delayMs = '0'] = process.argv;
const drop = () => undefined;
const monitor = new Monitor({ ...(JSON.parse(settings) as MonitorSettings), log: { debug: drop, info: drop, warn: drop, error: drop } });
let told = 0;

await monitor.start();
// A replica that has just been repointed is not fit at the first look.
while (!monitor.snapshot.backends.some(({ name, readable }) => name === to && readable))
  await new Promise((resolve) => setTimeout(resolve, 20));
await monitor.operator
  .switchover({
    to,
    onProgress: ({ phase }) => {
      told += 1;
      if (told !== Number(entries)) return;
      writeSync(1, phase);
      // What is sent next is on its way when the process dies.
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(delayMs));
    },
  })
  .catch((error: unknown) => writeSync(1, `error: ${String(error)}`));
setTimeout(() => process.exit(0), 2_000);
