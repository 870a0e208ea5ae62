import { VERSION } from '../app/version.js';
import { type Command, EXIT } from './command.js';

/** `pointsman version`. */
export const version: Command = {
  name: 'version',
  summary: 'show the version',
  about: 'Shows the version of Pointsman and of Node.',
  options: { json: { value: undefined, about: 'as JSON' } },
  examples: [['pointsman version --json', 'for programs']],
  async run(options, _operands, terminal) {
    const facts = { version: VERSION, node: process.version };
    terminal.out(options['json'] === undefined ? `pointsman ${facts.version} (node ${facts.node})\n` : `${JSON.stringify(facts)}\n`);
    return EXIT.fine;
  },
};
