import { existsSync } from 'node:fs';
import { configFromUrls } from './from-urls.js';
import { type Environment, type LoadedConfig, loadConfigFile } from './load-config.js';

/** Read when nothing else is given; the place of the file in the container image and in packages. */
export const DEFAULT_FILE = '/etc/pointsman/pointsman.json';

/** What the command line gave. */
export interface GivenSource {
  readonly config?: string | undefined;
  readonly primary?: string | undefined;
  readonly replicas?: readonly string[] | undefined;
}

/** A loaded configuration and the file it came from, if it came from one. */
export interface LoadedSource extends LoadedConfig {
  readonly file: string | undefined;
}

/** The configuration was given twice, or not at all. */
export class ConfigSourceError extends Error {
  readonly code = 'PM_CONFIG_SOURCE';

  constructor(message: string) {
    super(message);
    this.name = 'ConfigSourceError';
  }
}

/**
 * Finds and loads the configuration: `--config` or `--primary`/`--replica`; without them `POINTSMAN_CONFIG` or
 * `POINTSMAN_PRIMARY`/`POINTSMAN_REPLICAS`; without those the default file. Two sources at one level are an error, because one is the truth.
 * @throws ConfigSourceError, ConfigError
 */
export function loadFrom(given: GivenSource, env: Environment, defaultFile = DEFAULT_FILE): LoadedSource {
  const replicas = given.replicas ?? [];
  if (given.config !== undefined && (given.primary !== undefined || replicas.length > 0)) {
    throw new ConfigSourceError('give either --config FILE or --primary URL, not both');
  }
  if (given.config !== undefined) return fromFile(given.config, env);
  if (given.primary !== undefined) {
    return fromUrls('--primary', given.primary, '--replica', replicas, env);
  }
  if (replicas.length > 0)
    throw new ConfigSourceError('--replica needs --primary URL (which is which is found out, but the first holds the account)');
  const file = present(env['POINTSMAN_CONFIG']);
  const primary = present(env['POINTSMAN_PRIMARY']);
  if (file !== undefined && primary !== undefined) {
    throw new ConfigSourceError('both POINTSMAN_CONFIG and POINTSMAN_PRIMARY are set; unset one');
  }
  if (file !== undefined) return fromFile(file, env);
  const replicaList = (env['POINTSMAN_REPLICAS'] ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
  if (primary !== undefined) return fromUrls('POINTSMAN_PRIMARY', primary, 'POINTSMAN_REPLICAS', replicaList, env);
  if (replicaList.length > 0) throw new ConfigSourceError('POINTSMAN_REPLICAS needs POINTSMAN_PRIMARY');
  if (existsSync(defaultFile)) return fromFile(defaultFile, env);
  throw new ConfigSourceError(
    `no configuration; give --config FILE or --primary mysql://user:password@host:port, or set POINTSMAN_CONFIG or POINTSMAN_PRIMARY (${defaultFile} does not exist)`,
  );
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function fromFile(file: string, env: Environment): LoadedSource {
  return { ...loadConfigFile(file, env), file };
}

function fromUrls(source: string, url: string, replicaSource: string, replicas: readonly string[], env: Environment): LoadedSource {
  const given = replicas.map((replica) => ({ source: replicaSource, url: replica }));
  return { ...configFromUrls({ source, url }, given, env), file: undefined };
}
