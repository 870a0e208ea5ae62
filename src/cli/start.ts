import { Handover } from '../app/handover.js';
import { loadFrom } from '../config/load-from.js';
import { formatProblem } from '../config/problem.js';
import { type Command, EXIT, type GivenOptions, type Terminal } from './command.js';
import { Signals } from './signals.js';
import { givenSource, SOURCE_OPTIONS } from './source-options.js';

/** `pointsman start`: runs until SIGTERM or SIGINT; SIGHUP reloads, SIGUSR2 upgrades. */
export const start: Command = {
  name: 'start',
  summary: 'run the proxy',
  about: `Runs until SIGTERM or SIGINT (Ctrl-C), then drains: not ready any more, new clients let in for drain.acceptFor, transactions
finished, idle clients told so (error 1053), the rest cut at drain.timeout. After SIGINT no new clients are let in. A second signal cuts
at once. SIGHUP reloads the configuration (not from a terminal, where it is the end), SIGUSR2 upgrades (pointsman help upgrade). Servers that cannot be reached do not prevent the start.

POINTSMAN_MONITOR_USER and POINTSMAN_MONITOR_PASSWORD name an account for the health checks other than that of --primary.
The account in the URL is also the one that clients log in with; its database is not looked at.`,
  options: SOURCE_OPTIONS,
  examples: [
    ['pointsman start --config pointsman.json', 'with a configuration file (config/README.md lists its keys)'],
    [
      'pointsman start --primary mysql://app:secret@10.0.0.1:3306 --replica 10.0.0.2:3306',
      'without one: clients connect to port 6450 (6446 for the primary only, 6447 for a replica)',
    ],
    ['POINTSMAN_PRIMARY=mysql://app:secret@db:3306 pointsman start', 'from the environment, for containers'],
  ],
  async run(options, _operands, terminal) {
    const handover = Handover.ofProcess();
    try {
      return await runUntilEnd(options, terminal, handover);
    } catch (error) {
      await handover.failed(error instanceof Error ? error.message : String(error));
      throw error;
    }
  },
};

async function runUntilEnd(options: GivenOptions, terminal: Terminal, handover: Handover): Promise<number> {
  const load = () => loadFrom(givenSource(options), terminal.env);
  const loaded = load();
  for (const warning of loaded.warnings) terminal.err(`${formatProblem(warning)}\n`);
  // Listening for signals comes first: one that arrives while things are built must not kill them halfway.
  const signals = new Signals();
  // Only here: `check`, `help` and the others must not load the whole proxy.
  const { startApp } = await import('../app/start.js');
  const app = await startApp(loaded, load, handover);
  // What came of it is in the log.
  signals.on('SIGHUP', () => void app.reload('SIGHUP').catch(() => undefined));
  signals.on('SIGUSR2', () => void app.upgrade('SIGUSR2').catch(() => undefined));
  const first = await Promise.race([signals.next(), app.ended]);
  if (first === undefined) return EXIT.fine;
  // Whoever pressed Ctrl-C sits there and waits: nobody new is let in meanwhile.
  const wish = { acceptNew: first === 'SIGTERM' };
  const stopped = app.stop(wish);
  void signals.next().then(() => app.stop(wish));
  await stopped;
  return EXIT.fine;
}
