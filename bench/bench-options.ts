import { FLAVORS, type Flavor } from '../test/servers/servers.js';

export const WORKLOADS = ['oltp_point_select', 'oltp_read_only', 'oltp_read_write'] as const;
export type Workload = (typeof WORKLOADS)[number];

export const TARGETS = ['direct', 'haproxy', 'pointsman'] as const;
export type TargetName = (typeof TARGETS)[number];

export interface BenchOptions {
  readonly flavor: Flavor | undefined;
  /** Sysbench through every target. */
  readonly compare: boolean;
  /** Idle clients to open; undefined: that part is not run. */
  readonly idle: number | undefined;
  /** Large results to a slow reader. */
  readonly large: boolean;
  readonly quick: boolean;
  readonly rounds: number;
  /** Of one sysbench run. */
  readonly seconds: number;
  readonly threads: readonly number[];
  readonly workloads: readonly Workload[];
  readonly targets: readonly TargetName[];
  readonly psMode: 'disable' | 'auto';
  /** Pointsman's `process.workers`. */
  readonly workers: number;
  readonly json: string | undefined;
}

export const USAGE = `npm run bench -- [options]
  (no option)             sysbench: direct, HAProxy in tcp mode, Pointsman (about 8 minutes)
  --quick                 the same in one to two minutes, with more noise
  --idle N                memory for N idle clients instead (usual: 1000)
  --large                 60 MB results to a client that reads 1 MB/s instead
  --compare               with --idle or --large: the comparison too
  --workloads LIST        of point_select,read_only,read_write   (default: all)
  --threads LIST          default: 1,16,64
  --targets LIST          of direct,haproxy,pointsman            (default: all)
  --rounds N              default: 5 (2 with --quick)
  --seconds N             of one run; default: 3 (1 with --quick)
  --ps-mode disable|auto  sysbench's use of prepared statements  (default: disable)
  --workers N             Pointsman's process.workers            (default: 1)
  --flavor mysql|mariadb  default: what can be had here, MySQL first
  --json FILE             all figures as JSON`;

/** A wrong command line; the message says what is wrong. */
export class BenchUsageError extends Error {
  readonly code = 'PM_BENCH_USAGE';
}

const FLAGS = ['quick', 'large', 'compare'];
const VALUES = ['idle', 'workloads', 'threads', 'targets', 'rounds', 'seconds', 'ps-mode', 'workers', 'flavor', 'json'];

function readArguments(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/.exec(args[i] ?? '') ?? [];
    if (FLAGS.includes(name) && inline === undefined) given.set(name, '');
    else if (VALUES.includes(name)) {
      const value = inline ?? args[++i];
      if (value === undefined) throw new BenchUsageError(`--${name} needs a value`);
      given.set(name, value);
    } else throw new BenchUsageError(`unknown option ${args[i]}`);
  }
  return given;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new BenchUsageError(`--${name} takes ${allowed.join(', ')}, not "${value}"`);
  return found;
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new BenchUsageError(`--${name} takes a whole number from 1, not "${value}"`);
  return number;
}

/** Reads `--name value` and `--name=value`; fails with BenchUsageError. */
export function readBenchOptions(args: readonly string[]): BenchOptions {
  const given = readArguments(args);
  const quick = given.has('quick');
  const number = (name: string, otherwise: number): number => {
    const value = given.get(name);
    return value === undefined ? otherwise : count(name, value);
  };
  const list = <T>(name: string, otherwise: readonly T[], read: (one: string) => T): readonly T[] => {
    const value = given.get(name);
    return value === undefined ? otherwise : value.split(',').map(read);
  };
  const flavor = given.get('flavor');
  const parts = given.has('idle') || given.has('large');
  return {
    flavor: flavor === undefined ? undefined : oneOf('flavor', flavor, FLAVORS),
    compare: given.has('compare') || !parts,
    idle: given.has('idle') ? number('idle', 1000) : undefined,
    large: given.has('large'),
    quick,
    rounds: number('rounds', quick ? 2 : 5),
    seconds: number('seconds', quick ? 1 : 3),
    threads: list('threads', [1, 16, 64], (one) => count('threads', one)),
    workloads: list('workloads', WORKLOADS, (one) => oneOf('workloads', one.startsWith('oltp_') ? one : `oltp_${one}`, WORKLOADS)),
    targets: list('targets', TARGETS, (one) => oneOf('targets', one, TARGETS)),
    psMode: oneOf('ps-mode', given.get('ps-mode') ?? 'disable', ['disable', 'auto'] as const),
    workers: number('workers', 1),
    json: given.get('json'),
  };
}
