import type { Config } from '../config/config.js';
import { LogFile } from '../telemetry/log-file.js';
import type { Log } from '../telemetry/log-types.js';
import { slowLogEntry } from '../telemetry/slow-log.js';
import type { SlowWriter } from '../telemetry/slow-statements.js';
import type { Stats } from '../telemetry/stats.js';
import { Tracer } from '../telemetry/tracing/tracer.js';
import { VERSION } from './version.js';

/** Where a process writes down what statements did, besides its counters. */
export interface StatementSinks {
  /** Undefined: no traces are sent. */
  readonly tracer: Tracer | undefined;
  /** Goes by what is reloadable in another configuration. */
  apply(config: Pick<Config, 'slowLog' | 'tracing'>): void;
  /** Writes what waits, and ends. */
  close(): Promise<void>;
}

/** Opens the slow log and the way to the collector of traces, where they are configured. Trouble with either disturbs nobody: the log says so. */
export function statementSinks({ slowLog, tracing }: Pick<Config, 'slowLog' | 'tracing'>, stats: Stats, log: Log): StatementSinks {
  const { file: path, format } = slowLog;
  const file =
    path === undefined ? undefined : new LogFile(path, (reason) => log.error({ file: path, reason }, 'the slow log cannot be written'));
  const write: SlowWriter | undefined =
    file === undefined ? undefined : (statement, sql) => file.write(slowLogEntry(statement, sql, format));
  stats.slow.configure(slowLog.thresholdMs / 1000, write);
  const { endpoint } = tracing;
  const trouble = (reason: string): void => log.warn({ endpoint, reason }, 'traces are lost');
  const tracer = endpoint === undefined ? undefined : new Tracer({ ...tracing, endpoint, version: VERSION, trouble });
  return {
    tracer,
    apply(config) {
      stats.slow.configure(config.slowLog.thresholdMs / 1000, write);
      if (tracer !== undefined) tracer.sampleEvery = config.tracing.sampleEvery;
    },
    async close() {
      file?.close();
      await tracer?.close();
    },
  };
}
