import { didYouMean } from '../config/nearest-name.js';
import { type Command, type GivenOptions, UsageError } from './command.js';

/** Options and operands of a command line. */
export interface ParsedLine {
  readonly options: GivenOptions;
  readonly operands: readonly string[];
}

/**
 * Reads `--name value`, `--name=value`, `--flag`, `-h`, and `--` before operands that begin with a dash.
 * @throws UsageError for unknown options (with the nearest known one), missing and superfluous values, repetitions.
 */
export function parseOptions(args: readonly string[], command: Command): ParsedLine {
  const options: Record<string, string[]> = {};
  const operands: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      operands.push(...rest.splice(0));
    } else if (arg === '-h') {
      options['help'] = [''];
    } else if (arg.startsWith('-') && arg !== '-') {
      const [name, value] = readOption(arg, rest, command);
      const given = options[name] ?? [];
      if (given.length > 0 && command.options[name]?.repeated !== true) throw new UsageError(`--${name} stands twice; give it once`);
      options[name] = [...given, value];
    } else operands.push(arg);
  }
  return { options, operands };
}

function readOption(arg: string, rest: string[], command: Command): readonly [string, string] {
  const equals = arg.indexOf('=');
  const written = equals < 0 ? arg : arg.slice(0, equals);
  const name = written.replace(/^--?/, '');
  if (name === 'help') return ['help', ''];
  const declared = written.startsWith('--') && Object.hasOwn(command.options, name) ? command.options[name] : undefined;
  if (declared === undefined) {
    const hint = didYouMean(name, Object.keys(command.options)).replace('"', '"--');
    throw new UsageError(`unknown option ${written}${hint}; pointsman help ${command.name} lists them`);
  }
  if (declared.value === undefined) {
    if (equals >= 0) throw new UsageError(`--${name} takes no value`);
    return [name, ''];
  }
  const value = equals >= 0 ? arg.slice(equals + 1) : rest.shift();
  if (value === undefined || value === '' || (equals < 0 && value.startsWith('--'))) {
    throw new UsageError(`--${name} needs a value: --${name} ${declared.value}`);
  }
  return [name, value];
}
