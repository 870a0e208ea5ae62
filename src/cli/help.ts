import { didYouMean } from '../config/nearest-name.js';
import { type Command, EXIT, UsageError } from './command.js';

/** `pointsman help [COMMAND]`. The list is handed in by `run-cli`, because it holds this command too. */
export const help: Command = {
  name: 'help',
  summary: 'show this, or the help of a command',
  operands: '[COMMAND]',
  about: 'Shows what there is.',
  options: {},
  examples: [['pointsman help start', 'everything about start']],
  async run(_options, operands, terminal) {
    const { COMMANDS } = await import('./commands.js');
    const [name] = operands;
    terminal.out(name === undefined ? overview(COMMANDS) : commandHelp(findCommand(name, COMMANDS)));
    return EXIT.fine;
  },
};

/** The command of this name. @throws UsageError with the nearest one. */
export function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((known) => known.name === name);
  if (command !== undefined) return command;
  const names = commands.map((known) => known.name);
  throw new UsageError(`unknown command "${name}"${didYouMean(name, names)}; pointsman help lists them`);
}

/** The list of commands. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map((command) => `  ${command.name.padEnd(12)}${command.summary}\n`);
  return `Pointsman keeps MySQL and MariaDB connections up while the servers behind them die, move and come back.

usage: pointsman COMMAND [OPTIONS]

${rows.join('')}
  pointsman start --primary mysql://app:secret@10.0.0.1:3306 --replica 10.0.0.2:3306
  pointsman start --config pointsman.json

Exit codes: 0 fine, 1 failed at run time, 2 wrong usage or configuration.
`;
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const names = Object.entries(command.options).map(([name, { value, about, repeated }]) => ({
    left: `--${name}${value === undefined ? '' : ` ${value}`}${repeated === true ? ' ...' : ''}`,
    about,
  }));
  const width = Math.max(0, ...names.map(({ left }) => left.length)) + 2;
  const options = names.map(({ left, about }) => `  ${left.padEnd(width)}${about}\n`).join('');
  const examples = command.examples.map(([line, about]) => `  ${line}\n      ${about}\n`).join('');
  const usage = ['pointsman', command.name, options === '' ? '' : '[OPTIONS]', command.operands ?? '']
    .filter((part) => part !== '')
    .join(' ');
  return `usage: ${usage}\n\n${command.about}\n${options === '' ? '' : `\noptions:\n${options}`}\nexamples:\n${examples}`;
}
