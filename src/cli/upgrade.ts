import { actAtAdmin } from './ask-admin.js';
import { type Command, EXIT } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';

/** The proxy gives up after 60 s. */
const TIMEOUT_MS = 80_000;

/** `pointsman upgrade`: has a running proxy replaced by a new process. */
export const upgrade: Command = {
  name: 'upgrade',
  summary: 'replace a running proxy by the version on the disk, without refusing a connection',
  about: `The running proxy starts a new process by its own command line: of the version that is on the disk now, with the configuration as it is
now. That takes over the listening sockets, and the old one keeps the sessions it has until they end (drain.upgradeTimeout, then as after
SIGTERM). When the new process cannot start, the old one goes on and says why. The same as SIGUSR2. In a container, where the proxy is process
number 1, replace the container instead. Needs an operator's token.`,
  options: { ...ADMIN_OPTIONS, json: { value: undefined, about: 'the answer of /api/v1/upgrade as JSON' } },
  examples: [['pointsman upgrade --config pointsman.json', 'the proxy that runs with this file']],
  async run(options, _operands, terminal) {
    const answer = (await actAtAdmin(findAdmin(options, terminal), '/api/v1/upgrade', {}, TIMEOUT_MS)) as { pid: number; version: string };
    const text = `process ${answer.pid}, version ${answer.version}, takes the clients now; the old process ends when its sessions have\n`;
    terminal.out(options['json'] === undefined ? text : `${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.fine;
  },
};
