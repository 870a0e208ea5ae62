/** Where a command writes and what it may read; tests give their own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output: results. */
  out(text: string): void;
  /** Standard error: complaints. */
  err(text: string): void;
  /** Everything on standard input. */
  input(): Promise<string>;
  /** Standard output is a terminal for somebody who has nothing against colours. */
  readonly colour: boolean;
  /** Size of the terminal; undefined: standard output is none. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
  /** Calls `stop` at Ctrl-C or, where standard input is a terminal, at `q`; until the returned function is called. */
  onStop(stop: () => void): () => void;
}

/** One option of a command. */
export interface OptionDeclaration {
  /** What its value is called in the help; undefined: the option takes none. */
  readonly value: string | undefined;
  /** May be given more than once. */
  readonly repeated?: true;
  readonly about: string;
}

/** What was given, by the option's name without `--`. */
export interface GivenOptions {
  readonly [name: string]: readonly string[] | undefined;
}

/** A command of `pointsman`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name, without options: `[HEX ...]`. */
  readonly operands?: string;
  /** Longer words for `pointsman help NAME`. */
  readonly about: string;
  readonly options: Readonly<Record<string, OptionDeclaration>>;
  /** Command lines with what they do. */
  readonly examples: readonly (readonly [string, string])[];
  /** Returns the exit code: 0 fine, 1 failed at run time, 2 wrong usage or configuration. */
  run(options: GivenOptions, operands: readonly string[], terminal: Terminal): Promise<number>;
}

/** Exit codes of every command. */
export const EXIT = { fine: 0, failed: 1, wrongUsage: 2 } as const;

/** The command line itself is wrong; the message says how it is right. */
export class UsageError extends Error {
  readonly code = 'PM_CLI_USAGE';

  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
