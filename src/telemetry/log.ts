import { pino, stdSerializers } from 'pino';
import type { Log } from './log-types.js';
import { prettyLine } from './pretty-line.js';

/** How and what to log. */
export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Undefined: `pretty` when standard output is a terminal, else `json`. */
  readonly format: 'json' | 'pretty' | undefined;
  /** Fields of every line, such as the worker's number. */
  readonly fields?: object;
  /** Where lines go instead of standard output: for tests. */
  readonly write?: (line: string) => void;
}

/** The log of a process. */
export interface ProcessLog extends Log {
  /** A log whose every line has these fields too. */
  with(fields: object): Log;
  /** From now on only lines of this severity and above; logs that `with` made keep theirs. */
  setLevel(level: LogOptions['level']): void;
  /** Writes what is still buffered; before the process ends by itself. */
  flush(): void;
}

/** Lines that wait for a reader of standard output that does not read; what is over is dropped rather than kept in memory. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Never written, whoever puts them into a line. */
const SECRETS = ['password', 'token', 'secret', 'authResponse', '*.password', '*.token', '*.secret', '*.authResponse'];

/**
 * A log on standard output. Writing never waits: a proxy must not stand still because the terminal or pipe it logs to does.
 * JSON lines hold `time` (ISO, UTC), `level`, `message`, the line's fields, and `error` (type, message, stack, code) where there was one.
 */
export function createLog(options: LogOptions): ProcessLog {
  const format = options.format ?? (process.stdout.isTTY ? 'pretty' : 'json');
  const destination = options.write === undefined ? pino.destination({ fd: 1, sync: false, maxLength: MAX_BUFFERED_BYTES }) : undefined;
  const write = options.write ?? ((line: string) => destination?.write(line));
  const colors = options.write === undefined && process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const stream = format === 'pretty' ? { write: (line: string) => write(prettyLine(line, colors)) } : { write };
  const logger = pino(
    {
      level: options.level,
      base: { pid: process.pid, ...options.fields },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err, cause: stdSerializers.err },
      redact: { paths: SECRETS, censor: '***' },
    },
    stream,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    with: (fields) => logger.child(fields),
    setLevel: (level) => {
      logger.level = level;
    },
    flush: () => flushQuietly(destination),
  };
}

function flushQuietly(destination: { flushSync(): void } | undefined): void {
  try {
    destination?.flushSync();
  } catch {
    // Standard output is closed or was never opened: there is nobody to read the lines, and nothing to do about it.
  }
}
