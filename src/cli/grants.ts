import { grantsFor } from '../app/doctor.js';
import { loadFrom } from '../config/load-from.js';
import { type Command, EXIT, UsageError } from './command.js';
import { givenSource, SOURCE_OPTIONS } from './source-options.js';

/** `pointsman grants`: the SQL for the accounts. */
export const grants: Command = {
  name: 'grants',
  summary: 'print the SQL that makes the accounts a configuration needs',
  about: `Prints the least that the accounts of a configuration need for what it uses, in the words of MySQL and of MariaDB. Run it on the primary; it
replicates. Connects to nothing. Passwords are left out unless asked for.`,
  options: {
    ...SOURCE_OPTIONS,
    flavor: { value: 'NAME', about: 'only for mysql, or only for mariadb' },
    passwords: { value: undefined, about: "with the configuration's passwords" },
  },
  examples: [
    ['pointsman grants --config pointsman.json', 'to read'],
    ['pointsman grants --config pointsman.json --flavor mariadb --passwords | mariadb -h 10.0.0.1 -u root -p', 'to run'],
  ],
  run(options, _operands, terminal) {
    const flavors = flavorsOf(options['flavor']?.[0]);
    const { config } = loadFrom(givenSource(options), terminal.env);
    for (const each of flavors) {
      for (const cluster of config.clusters) {
        terminal.out(`-- cluster ${cluster.name}, ${each === 'mysql' ? 'MySQL 8.0 and later' : 'MariaDB 10.5 and later'}\n`);
        terminal.out(`${grantsFor(config, cluster, each, options['passwords'] !== undefined).join('\n')}\n`);
      }
    }
    return Promise.resolve(EXIT.fine);
  },
};

function flavorsOf(given: string | undefined): readonly ('mysql' | 'mariadb')[] {
  if (given === undefined) return ['mysql', 'mariadb'];
  if (given === 'mysql' || given === 'mariadb') return [given];
  throw new UsageError('--flavor is mysql or mariadb');
}
