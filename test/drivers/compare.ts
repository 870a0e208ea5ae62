/** What a client's program said of one scenario. */
export interface Outcome {
  readonly status: 'ok' | 'not ok' | 'skip';
  readonly detail: string;
}

/**
 * - `pass`: the same both ways · `skip`: the client has no such thing
 * - `direct`: fails directly too, so it is no matter of the proxy · `better`: fails directly only
 * - `fail`: fails through the proxy only · `differs`: works both ways, but the client saw something else
 */
export type Verdict = 'pass' | 'skip' | 'direct' | 'better' | 'fail' | 'differs';

export interface Comparison {
  readonly scenario: string;
  readonly verdict: Verdict;
  readonly direct: Outcome;
  readonly proxy: Outcome;
}

/** Lines of a program, by scenario; `version` is what it says of itself. */
export interface Said {
  readonly version: string;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** Reads `ok NAME: DETAIL` and its like; everything else a program prints is not for us. */
export function parseLines(text: string): Said {
  const outcomes = new Map<string, Outcome>();
  let version = '';
  for (const line of text.split('\n')) {
    const match = /^(not ok|ok|skip) ([\w-]+)(?:: ?(.*))?$/.exec(line.trimEnd());
    if (match !== null) outcomes.set(match[2] ?? '', { status: match[1] as Outcome['status'], detail: match[3] ?? '' });
    else if (line.startsWith('version ')) version = line.slice('version '.length).trim();
  }
  return { version, outcomes };
}

/** What is different for good reason between two runs gets the same name in both: accounts, databases, addresses, connection ids. */
export function withoutNames(text: string, names: Readonly<Record<string, string>>): string {
  let result = text;
  const longestFirst = Object.entries(names).sort(([, a], [, b]) => b.length - a.length);
  for (const [name, value] of longestFirst) if (value !== '') result = result.replaceAll(value, `<${name}>`);
  return result.replaceAll(/(?:thread|connection)[ _]id:? ?\d+/gi, 'thread id <n>').replaceAll(/0x[0-9a-f]{6,}/gi, '0x<address>');
}

function verdictOf(direct: Outcome, proxy: Outcome): Verdict {
  if (direct.status === 'skip' && proxy.status === 'skip') return 'skip';
  if (direct.status === 'not ok') return proxy.status === 'ok' ? 'better' : 'direct';
  if (proxy.status !== 'ok') return 'fail';
  return direct.detail === proxy.detail ? 'pass' : 'differs';
}

/** What the harnesses say of scenarios that a program does not have at all; they are left out. */
const NOT_THEIRS = 'not a thing of this client';

/** What was said of each scenario, side by side. A scenario that a program did not come to is a failure with the end of what it printed. */
export function compare(scenarios: readonly string[], direct: Said, proxy: Said, ends: { direct: string; proxy: string }): Comparison[] {
  const theirs = scenarios.filter((scenario) => direct.outcomes.get(scenario)?.detail !== NOT_THEIRS);
  return theirs.map((scenario) => {
    const missing = (end: string): Outcome => ({ status: 'not ok', detail: `the program did not come to it: ${end}` });
    const one = direct.outcomes.get(scenario) ?? missing(ends.direct);
    const other = proxy.outcomes.get(scenario) ?? missing(ends.proxy);
    return { scenario, verdict: verdictOf(one, other), direct: one, proxy: other };
  });
}
