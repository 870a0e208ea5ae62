import { FLAVORS, type Flavor } from '../servers/servers.js';

export type FaultKind = 'kill' | 'freeze' | 'switchover';

export interface DemoOptions {
  readonly flavor: Flavor | undefined;
  readonly scenario: 'failover' | undefined;
  readonly fault: FaultKind;
  readonly mode: 'promote' | 'follow';
  /** `split`: all clients use the one port; `own`: writers the primary's, readers the replicas'. */
  readonly ports: 'split' | 'own';
  readonly clients: number;
  /** How long the clients go on after the fault. */
  readonly seconds: number;
  readonly runs: number;
  readonly workers: number | undefined;
  readonly json: string | undefined;
  /** Keep Pointsman's log of every run here. */
  readonly keepLogs: string | undefined;
}

export const USAGE = `npm run demo -- [options]
  (no option)               a primary, two replicas and Pointsman, until Ctrl-C
  --scenario failover       clients at work, the primary fails, and what became of every write
  --flavor mysql|mariadb    default: what can be had here, MySQL first
  --fault kill|freeze|switchover   SIGKILL, SIGSTOP, or read_only moved by hand   (default: kill)
  --mode promote|follow     who makes the new primary: Pointsman, or somebody else (default: promote; follow for switchover)
  --ports split|own         all clients on the split port, or each kind on its own (default: own)
  --clients N               default: 20
  --seconds N               time under traffic after the fault (default: 8)
  --runs N                  again and again on new servers; ends with median and worst
  --workers N               process.workers (default: Pointsman's own)
  --json FILE               the figures as JSON
  --keep-logs FOLDER        Pointsman's log of every run`;

/** A wrong command line; the message says what is wrong. */
export class UsageError extends Error {
  readonly code = 'PM_DEMO_USAGE';
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new UsageError(`--${name} takes ${allowed.join(', ')}, not "${value}"`);
  return found;
}

function count(name: string, value: string, least: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < least) throw new UsageError(`--${name} takes a whole number from ${least}, not "${value}"`);
  return number;
}

/** Reads `--name value` and `--name=value`; fails with UsageError. */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const given = new Map<string, string>();
  const names = ['scenario', 'flavor', 'fault', 'mode', 'ports', 'clients', 'seconds', 'runs', 'workers', 'json', 'keep-logs'];
  for (let i = 0; i < args.length; i++) {
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/.exec(args[i] ?? '') ?? [];
    if (!names.includes(name)) throw new UsageError(`unknown option ${args[i]}`);
    const value = inline ?? args[++i];
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    given.set(name, value);
  }
  const fault = oneOf('fault', given.get('fault') ?? 'kill', ['kill', 'freeze', 'switchover']);
  const flavor = given.get('flavor');
  const workers = given.get('workers');
  return {
    flavor: flavor === undefined ? undefined : oneOf('flavor', flavor, FLAVORS),
    scenario: given.has('scenario') ? oneOf('scenario', given.get('scenario') ?? '', ['failover'] as const) : undefined,
    fault,
    mode: oneOf('mode', given.get('mode') ?? (fault === 'switchover' ? 'follow' : 'promote'), ['promote', 'follow']),
    ports: oneOf('ports', given.get('ports') ?? 'own', ['split', 'own']),
    clients: count('clients', given.get('clients') ?? '20', 1),
    seconds: count('seconds', given.get('seconds') ?? '8', 1),
    runs: count('runs', given.get('runs') ?? '1', 1),
    workers: workers === undefined ? undefined : count('workers', workers, 1),
    json: given.get('json'),
    keepLogs: given.get('keep-logs'),
  };
}
