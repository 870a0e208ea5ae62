import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkConfig } from './checks/check-config.js';
import type { Config } from './config.js';
import { Findings, findingsWithoutText } from './findings.js';
import { finish } from './finish.js';
import { JsonSyntaxError, parseJson } from './json/json-parser.js';
import type { JsonNode } from './json/node.js';
import { type BrokenReference, readFailure, resolveReferences } from './json/references.js';
import { ConfigError, type Problem } from './problem.js';
import { rootSection } from './schema.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration that can be used, and what is odd about it. */
export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly Problem[];
}

/**
 * Reads and checks a configuration file.
 * @throws ConfigError with everything that is wrong, each with its place and a way out.
 */
export function loadConfigFile(file: string, env: Environment): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const findings = findingsWithoutText(file);
    findings.error([], `the configuration file cannot be read: ${readFailure(error)}; name another with --config FILE`);
    throw new ConfigError(findings.all());
  }
  return loadConfigText(text, file, env);
}

/** Reads and checks the text of a configuration file; `file` is shown in messages and is where relative paths start. */
export function loadConfigText(text: string, file: string, env: Environment): LoadedConfig {
  let written: JsonNode;
  try {
    written = parseJson(text, file);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new ConfigError([{ severity: 'error', ...error.place, key: '', message: error.message }]);
  }
  const broken: BrokenReference[] = [];
  const root = resolveReferences(written, { env, file }, broken);
  return loadTree(root, dirname(resolve(file)), broken);
}

/** Checks a configuration that is already a tree; relative paths in it start at `folder`. */
export function loadTree(root: JsonNode, folder: string, broken: readonly BrokenReference[] = []): LoadedConfig {
  const findings = new Findings(root);
  const brokenPlaces = new Set(broken.map(({ node }) => node.place));
  const written = rootSection.read(root, [], (path, message, node) => {
    // What a reference should have yielded is not there to be judged; that it is broken is said below.
    if (!brokenPlaces.has(node.place)) findings.error(path, message, node);
  });
  for (const { path, node, message } of broken) findings.error(path, message, node);
  const config = written === undefined ? undefined : finish(written, folder, findings);
  if (config !== undefined) checkConfig(config, findings);
  if (config === undefined || findings.hasErrors) throw new ConfigError(findings.all().filter(({ severity }) => severity === 'error'));
  return { config, warnings: findings.all() };
}
