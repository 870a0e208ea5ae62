import { loadFrom } from '../config/load-from.js';
import { formatProblem } from '../config/problem.js';
import { type Command, EXIT } from './command.js';
import { givenSource, SOURCE_OPTIONS } from './source-options.js';

/** `pointsman start`: runs until SIGTERM or SIGINT. */
export const start: Command = {
  name: 'start',
  summary: 'run the proxy',
  about: `Runs until SIGTERM or SIGINT (Ctrl-C), then drains: not ready any more, new clients let in for drain.acceptFor, transactions
finished, the rest cut at drain.timeout. A second signal cuts at once. Servers that cannot be reached do not prevent the start.

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
    const { config, warnings, file } = loadFrom(givenSource(options), terminal.env);
    for (const warning of warnings) terminal.err(`${formatProblem(warning)}\n`);
    // Listening for signals comes first: one that arrives while things are built must not kill them halfway.
    const signals = new Signals();
    // Only here: `check`, `help` and the others must not load the whole proxy.
    const { startApp } = await import('../app/start.js');
    const app = await startApp(config, { file });
    // A terminal that closes ends what runs in it; elsewhere SIGHUP is what people send to reload, and must not kill a proxy.
    if (!process.stdout.isTTY) process.on('SIGHUP', () => terminal.err('SIGHUP: reload is not built yet; restart to apply a change\n'));
    await signals.next();
    const stopped = app.stop();
    void signals.next().then(() => app.stop());
    await stopped;
    return EXIT.fine;
  },
};

/** SIGTERM, SIGINT, and SIGHUP of a terminal, in the order they come; none is lost between two waits. */
class Signals {
  #count = 0;
  #taken = 0;
  #wake: () => void = () => undefined;

  constructor() {
    const onSignal = () => {
      this.#count++;
      this.#wake();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    if (process.stdout.isTTY) process.on('SIGHUP', onSignal);
  }

  /** Settles once there was a signal that no earlier call took. */
  async next(): Promise<void> {
    while (this.#count <= this.#taken) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#taken++;
  }
}
