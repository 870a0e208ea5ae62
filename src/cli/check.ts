import { formatAddress } from '../config/address.js';
import type { ClusterConfig, Config } from '../config/config.js';
import { type LoadedSource, loadFrom } from '../config/load-from.js';
import { ConfigError, formatProblem } from '../config/problem.js';
import { type Command, EXIT } from './command.js';
import { givenSource, SOURCE_OPTIONS } from './source-options.js';

/** `pointsman check`: is the configuration right? Nothing is connected to. */
export const check: Command = {
  name: 'check',
  summary: 'check a configuration and say everything that is wrong',
  about: `Reads the configuration as start would, and the files it names, and connects to nothing. What is wrong is written to standard error as
file:line:column: key: message, and the exit code is 2. Warnings do not change the exit code.`,
  options: { ...SOURCE_OPTIONS, json: { value: undefined, about: 'as JSON, problems included, on standard output' } },
  examples: [
    ['pointsman check --config pointsman.json', 'before every start and in CI'],
    ['pointsman check --config pointsman.json --json', 'for programs'],
  ],
  async run(options, _operands, terminal) {
    const json = options['json'] !== undefined;
    try {
      const loaded = loadFrom(givenSource(options), terminal.env);
      if (json) terminal.out(`${JSON.stringify({ valid: true, problems: loaded.warnings }, null, 2)}\n`);
      else {
        for (const warning of loaded.warnings) terminal.err(`${formatProblem(warning)}\n`);
        terminal.out(summary(loaded));
      }
      return EXIT.fine;
    } catch (error) {
      if (!(error instanceof ConfigError) || !json) throw error;
      terminal.out(`${JSON.stringify({ valid: false, problems: error.problems }, null, 2)}\n`);
      return EXIT.wrongUsage;
    }
  },
};

function summary({ config, file, warnings }: LoadedSource): string {
  const { admin, process } = config;
  const lines = [
    `${file ?? 'the given servers'}: fine${warnings.length > 0 ? `, with ${warnings.length} warning${warnings.length > 1 ? 's' : ''}` : ''}`,
    ...config.listeners.map(({ address, cluster, route, tls, name }) => {
      return `  listener ${name}: ${formatAddress(address)} to the ${route} of cluster ${cluster}${tlsText(tls)}`;
    }),
    ...config.clusters.flatMap(clusterLines),
    `  users: ${userNames(config)}`,
    `  admin: ${formatAddress(admin.address)}${admin.metricsAddress === undefined ? '' : `, metrics also on ${formatAddress(admin.metricsAddress)}`}`,
    `  workers: ${process.workers}`,
  ];
  return `${lines.join('\n')}\n`;
}

function userNames({ users, auth }: Config): string {
  const shown = users.slice(0, 8).map(({ name }) => name);
  if (users.length > shown.length) shown.push(`${users.length - shown.length} more`);
  if (auth.mode === 'auto') shown.push(`${users.length === 0 ? '' : 'all others '}as on the servers`);
  return shown.length === 0 ? 'none' : shown.join(', ');
}

function clusterLines({ name, backends, failover, hold, monitor }: ClusterConfig): readonly string[] {
  return [
    `  cluster ${name}: failover ${failover.mode}, statements wait up to ${hold.timeoutMs / 1000} s, checks every ${monitor.intervalMs} ms as "${monitor.user}"`,
    ...backends.map(({ name: backend, address }) => {
      const at = formatAddress(address);
      return `    ${backend}${at === backend ? '' : ` at ${at}`}`;
    }),
  ];
}

function tlsText({ mode, certFile, clientCaFile, clientCertificate }: Config['listeners'][number]['tls']): string {
  if (mode === 'off') return ', without TLS';
  const client =
    clientCaFile === undefined
      ? ''
      : clientCertificate === 'require'
        ? ', client certificates required'
        : ', client certificates asked for';
  return `, TLS ${mode}${certFile === undefined ? ' with a self-signed certificate' : ''}${client}`;
}
