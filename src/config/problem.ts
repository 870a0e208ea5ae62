/** One thing that is wrong with a configuration, with the place to mend it. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** The file as it was given on the command line, or the option or environment variable the value came from. */
  readonly source: string;
  /** From 1; 0 where the source is not a file. */
  readonly line: number;
  readonly column: number;
  /** `clusters.main.backends[1].address`; empty for the file as a whole. */
  readonly key: string;
  /** What is wrong and the way out; never holds a password or the value of a `${…}` reference. */
  readonly message: string;
}

/** Path of a value: names of keys and indexes of list elements, from the outside in. */
export type KeyPath = readonly (string | number)[];

/** `['clusters', 'main', 'backends', 1]` as `clusters.main.backends[1]`. */
export function formatKey(path: KeyPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** `file:line:column: key: message`, the form editors and people can jump to. */
export function formatProblem(problem: Problem): string {
  const place = problem.line > 0 ? `${problem.source}:${problem.line}:${problem.column}` : problem.source;
  const key = problem.key === '' ? '' : `${problem.key}: `;
  const mark = problem.severity === 'warning' ? 'warning: ' : '';
  return `${place}: ${mark}${key}${problem.message}`;
}

/** A configuration that cannot be used; lists everything that was found wrong, in the order of the file. */
export class ConfigError extends Error {
  readonly code = 'PM_CONFIG_INVALID';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
