import { askAdmin } from './ask-admin.js';
import { type Command, EXIT } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';
import { statusTable } from './status-table.js';

/** `pointsman status`: asks a running proxy. */
export const status: Command = {
  name: 'status',
  summary: 'show how a running proxy is',
  about: 'Asks the admin address of a running proxy. Exit code 0 means that it answered, not that all is well.',
  options: { ...ADMIN_OPTIONS, json: { value: undefined, about: 'the whole answer of /api/v1/status as JSON' } },
  examples: [
    ['pointsman status', 'the proxy on this machine'],
    ['pointsman status --config pointsman.json', 'the one that runs with this file: its admin address and token'],
    ['POINTSMAN_ADMIN_TOKEN=... pointsman status --admin http://10.0.0.9:6480 --json', 'another machine'],
  ],
  async run(options, _operands, terminal) {
    const answer = await askAdmin(findAdmin(options, terminal), '/api/v1/status');
    terminal.out(options['json'] === undefined ? statusTable(answer, terminal.colour) : `${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.fine;
  },
};
