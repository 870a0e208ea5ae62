import { ConfigSourceError } from '../config/load-from.js';
import { ConfigError } from '../config/problem.js';
import { EXIT, type Terminal, UsageError } from './command.js';
import { COMMANDS } from './commands.js';
import { commandHelp, findCommand, overview } from './help.js';
import { parseOptions } from './parse-options.js';

/** What people write from habit. */
const SPELLINGS = new Map([
  ['--help', 'help'],
  ['-h', 'help'],
  ['--version', 'version'],
  ['-v', 'version'],
]);

/**
 * Runs one command line (without `node` and the script) and returns its exit code. Never throws: what fails is written to standard
 * error, expected failures as one line, unexpected ones with their stack.
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    terminal.err(complaint(error));
    return error instanceof UsageError || error instanceof ConfigError || error instanceof ConfigSourceError
      ? EXIT.wrongUsage
      : EXIT.failed;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) {
    terminal.err(overview(COMMANDS));
    return EXIT.wrongUsage;
  }
  const name = SPELLINGS.get(first) ?? first;
  if (name.startsWith('-')) throw new UsageError(`a command comes first, such as pointsman start ${first}; pointsman help lists them`);
  const command = findCommand(name, COMMANDS);
  const { options, operands } = parseOptions(rest, command);
  if (options['help'] !== undefined) {
    terminal.out(commandHelp(command));
    return EXIT.fine;
  }
  if (command.operands === undefined && operands.length > 0) {
    throw new UsageError(`pointsman ${name} takes only options, not "${operands[0]}"; pointsman help ${name} lists them`);
  }
  return await command.run(options, operands, terminal);
}

/** Errors with a code of ours, or of a failed system call, are for users; their stack would only hide the message. */
function complaint(error: unknown): string {
  if (error instanceof ConfigError) return `${error.message}\n`;
  if (!(error instanceof Error)) return `pointsman: ${String(error)}\n`;
  const expected = 'code' in error && typeof error.code === 'string' && /^(PM_|E[A-Z]+$)/.test(error.code);
  return `pointsman: ${expected ? error.message : `this is a bug in Pointsman: ${error.stack ?? error.message}`}\n`;
}
