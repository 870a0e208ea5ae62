import { applicable } from '../config/applicable.js';
import { checkConfig } from '../config/checks/check-config.js';
import type { Config } from '../config/config.js';
import { type ConfigChange, configChanges } from '../config/diff.js';
import { findingsWithoutText } from '../config/findings.js';
import type { LoadedSource } from '../config/load-from.js';
import { ConfigError, formatProblem, type Problem } from '../config/problem.js';
import type { Log } from '../telemetry/log-types.js';
import type { ReloadCounts } from '../telemetry/metric-values.js';

/** What a reload did, or with `dryRun` would do. */
export interface ReloadReport {
  readonly dryRun: boolean;
  /** Undefined: the servers were given as URLs, and there is nothing that could have changed. */
  readonly file: string | undefined;
  /** Rises with each reload that changed something. */
  readonly version: number;
  /** In force now; `needRestart` is not among them. */
  readonly applied: readonly ConfigChange[];
  /** Keys that cannot change while the process lives. */
  readonly needRestart: readonly ConfigChange[];
  readonly warnings: readonly string[];
}

/** A configuration that was not taken; what was in force is in force. */
export class ReloadRefused extends Error {
  readonly code = 'PM_CONFIG_RELOAD';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], cause?: unknown) {
    super(problems.map(formatProblem).join('\n'), { cause });
    this.name = 'ReloadRefused';
    this.problems = problems;
  }
}

/** What the reloader works on. */
export interface ReloadParts {
  /** Reads the configuration anew, from where it came from at the start. @throws ConfigError */
  readonly load: () => LoadedSource;
  /** In force at the start, and as it was written then. */
  readonly config: Config;
  readonly file: string | undefined;
  /** Names of the primaries that are in office, by cluster. */
  readonly primaries: () => ReadonlyMap<string, string | undefined>;
  /** Who is about to become primary in a switchover that is under way, by cluster. */
  readonly successors: () => ReadonlyMap<string, string | undefined>;
  /** Brings a configuration into force everywhere, or throws and has changed nothing. */
  readonly apply: (config: Config) => Promise<void>;
  readonly log: Log;
}

/** Where configurations are taken or refused, one after the other. */
export class Reloader {
  readonly #parts: ReloadParts;
  #config: Config;
  /** As it was last read and taken: it may hold what waits for a restart. */
  #written: Config;
  #version = 1;
  #tail: Promise<unknown> = Promise.resolve();
  /** A reload that has not begun yet reads the file later than whoever asks now: it serves them too. */
  #waiting: Promise<ReloadReport> | undefined;
  #counts: ReloadCounts = { applied: 0, refused: 0, lastSuccessAtMs: Date.now(), lastSucceeded: true };

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#written = parts.config;
  }

  /** For metrics. */
  get counts(): ReloadCounts {
    return this.#counts;
  }

  get version(): number {
    return this.#version;
  }

  /**
   * Reads the configuration and brings into force what can be without a restart.
   * @param by who wants it, for the log
   * @throws ReloadRefused with everything that is wrong, each with its place
   */
  reload(by: string, dryRun = false): Promise<ReloadReport> {
    if (dryRun) return this.#inTurn(async () => this.#plan(true).report);
    if (this.#waiting !== undefined) return this.#waiting;
    const waiting = this.#inTurn(() => {
      this.#waiting = undefined;
      return this.#reload(by);
    });
    this.#waiting = waiting;
    return waiting;
  }

  /**
   * Another log level in all processes, whatever the file says; the next reload brings the file's back.
   * @param by who wants it, for the log
   */
  setLogLevel(level: Config['log']['level'], by: string, dryRun: boolean): Promise<{ readonly before: string; readonly after: string }> {
    return this.#inTurn(async () => {
      const before = this.#config.log.level;
      const config = { ...this.#config, log: { ...this.#config.log, level } };
      if (dryRun || before === level) return { before, after: level };
      await this.#parts.apply(config);
      this.#config = config;
      this.#version += 1;
      this.#parts.log.warn({ event: 'log-level', by, before, after: level }, `the log level is ${level} until the next reload`);
      return { before, after: level };
    });
  }

  /** What the file says and is not in force, and what in it is wrong. */
  unapplied(): { readonly changes: readonly ConfigChange[]; readonly problem: string | null } {
    try {
      return { changes: configChanges(this.#config, this.#parts.load().config), problem: null };
    } catch (error) {
      return { changes: configChanges(this.#config, this.#written), problem: textOf(error) };
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  async #reload(by: string): Promise<ReloadReport> {
    const { log, file, apply } = this.#parts;
    try {
      const { written, config, report } = this.#plan(false);
      if (report.applied.length > 0) await apply(config);
      this.#config = config;
      this.#written = written;
      if (report.applied.length > 0) this.#version += 1;
      this.#counts = { ...this.#counts, applied: this.#counts.applied + 1, lastSuccessAtMs: Date.now(), lastSucceeded: true };
      const { applied, needRestart, warnings } = report;
      const keys = { changed: applied.map(({ key }) => key), needRestart: needRestart.map(({ key }) => key), warnings };
      log.info({ event: 'reload', by, config: file, version: this.#version, ...keys }, sentence(report));
      return { ...report, version: this.#version };
    } catch (error) {
      const refused = refusedBecause(error, file);
      this.#counts = { ...this.#counts, refused: this.#counts.refused + 1, lastSucceeded: false };
      log.error(
        { event: 'reload', by, config: file, problems: refused.problems.map(formatProblem) },
        'the configuration was not reloaded; the one before stays in force',
      );
      throw refused;
    }
  }

  /** @throws ReloadRefused */
  #plan(dryRun: boolean): { readonly written: Config; readonly config: Config; readonly report: ReloadReport } {
    const { load, file, primaries, successors } = this.#parts;
    try {
      const { config: written, warnings } = load();
      const config = applicable(this.#config, written);
      const findings = findingsWithoutText(file ?? 'the command line');
      checkConfig(config, findings);
      const needRestart = configChanges(config, written);
      if (findings.hasErrors)
        throw new ConfigError(
          findings
            .all()
            .filter(({ severity }) => severity === 'error')
            .map(needsRestart),
        );
      keepServers(
        config,
        primaries(),
        file,
        'is the primary now and cannot be taken out; let another take over first (pointsman switchover)',
      );
      keepServers(config, successors(), file, 'is about to become the primary and cannot be taken out; reload again after the switchover');
      const report = {
        dryRun,
        file,
        version: this.#version,
        applied: configChanges(this.#config, config),
        needRestart,
        warnings: warnings.map(formatProblem),
      };
      return { written, config, report };
    } catch (error) {
      throw refusedBecause(error, file);
    }
  }
}

/** What fits each other in the file does not without the keys that a reload cannot change. */
function needsRestart(problem: Problem): Problem {
  return { ...problem, message: `${problem.message} (as long as the keys that need a restart are as they were)` };
}

/**
 * Taking the primary out would stop all writes; with a successor in office it is no primary any more. A monitor takes a reload after the
 * switchover that is under way, and by then the successor is the primary.
 */
function keepServers({ clusters }: Config, needed: ReadonlyMap<string, string | undefined>, file: string | undefined, why: string): void {
  for (const { name, backends } of clusters) {
    const server = needed.get(name);
    if (server === undefined || backends.some((backend) => backend.name === server)) continue;
    const place = { source: file ?? 'the command line', line: 0, column: 0 };
    throw new ConfigError([{ severity: 'error', ...place, key: `clusters.${name}.backends`, message: `${server} ${why}` }]);
  }
}

function refusedBecause(error: unknown, file: string | undefined): ReloadRefused {
  if (error instanceof ReloadRefused) return error;
  if (error instanceof ConfigError) return new ReloadRefused(error.problems, error);
  const place = { source: file ?? 'the command line', line: 0, column: 0 };
  return new ReloadRefused([{ severity: 'error', ...place, key: '', message: textOf(error) }], error);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sentence({ applied, needRestart }: ReloadReport): string {
  const did = applied.length === 0 ? 'nothing has changed' : `${applied.length} ${applied.length === 1 ? 'key has' : 'keys have'} changed`;
  const waits = needRestart.length === 0 ? '' : `; ${needRestart.map(({ key }) => key).join(', ')} will only at a restart or an upgrade`;
  return `configuration reloaded: ${did}${waits}`;
}
