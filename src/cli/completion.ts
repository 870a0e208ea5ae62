import { type Command, EXIT, UsageError } from './command.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** `pointsman completion SHELL`: a script for the shell, made of the commands there are. */
export const completion: Command = {
  name: 'completion',
  summary: 'print completions for a shell',
  operands: 'bash|zsh|fish',
  about: 'Prints a script that completes commands and options.',
  options: {},
  examples: [
    ['source <(pointsman completion bash)', 'in ~/.bashrc'],
    ['pointsman completion zsh > "$HOME/.zfunc/_pointsman"', 'once; the folder must be in $fpath'],
    ['pointsman completion fish > ~/.config/fish/completions/pointsman.fish', 'once'],
  ],
  async run(_options, operands, terminal) {
    const shell = SHELLS.find((known) => known === operands[0]);
    if (shell === undefined || operands.length > 1) throw new UsageError(`for which shell: pointsman completion ${SHELLS.join('|')}`);
    const { COMMANDS } = await import('./commands.js');
    terminal.out(SCRIPTS[shell](COMMANDS));
    return EXIT.fine;
  },
};

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Command[]) => string>> = { bash, zsh, fish };

function optionsOf(command: Command): string[] {
  return [...Object.keys(command.options).map((name) => `--${name}`), '--help'];
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${optionsOf(command).join(' ')}" ;;`).join('\n');
  return `_pointsman() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words
  if [ "$COMP_CWORD" = 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')}"
    COMPREPLY=($(compgen -W "$words" -- "$current")); return
  fi
  case $previous in --config) COMPREPLY=($(compgen -f -- "$current")); return ;; esac
  case \${COMP_WORDS[1]} in
${cases}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -F _pointsman pointsman
`;
}

function zsh(commands: readonly Command[]): string {
  const list = commands.map(({ name, summary }) => `    '${name}:${summary.replaceAll("'", "'\\''")}'`).join('\n');
  const cases = commands
    .map((command) => {
      const specs = Object.entries(command.options).map(([name, { value, about }]) => {
        const text = about.replaceAll(/[[\]:']/g, ' ');
        return `'--${name}[${text}]${value === undefined ? '' : `:${value}:${value === 'FILE' ? '_files' : ''}`}'`;
      });
      return `    ${command.name}) _arguments ${[...specs, "'--help[what it does]'", "'*:operand:_files'"].join(' ')} ;;`;
    })
    .join('\n');
  return `#compdef pointsman
_pointsman() {
  local -a commands=(
${list}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=\${words[2]}
  shift words; (( CURRENT-- ))
  case $command in
${cases}
  esac
}
_pointsman "$@"
`;
}

function fish(commands: readonly Command[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const lines = ['complete -c pointsman -f'];
  for (const { name, summary, options } of commands) {
    lines.push(`complete -c pointsman -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
    for (const [option, { value, about }] of Object.entries(options)) {
      const takes = value === undefined ? '' : value === 'FILE' ? ' -r -F' : ' -x';
      lines.push(`complete -c pointsman -n '__fish_seen_subcommand_from ${name}' -l ${option}${takes} -d ${quoted(about)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
