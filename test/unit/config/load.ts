import type { Config } from '../../../src/config/config.js';
import { loadConfigText } from '../../../src/config/load-config.js';
import { ConfigError, formatProblem } from '../../../src/config/problem.js';

/** The configuration of a text that must be right. */
export function load(text: string, env: Record<string, string> = {}): Config {
  return loadConfigText(text, 'pointsman.json', env).config;
}

/** What is wrong with a text that must be wrong, one line each. */
export function errorsOf(text: string, env: Record<string, string> = {}, file = 'p.json'): readonly string[] {
  try {
    loadConfigText(text, file, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
}

/** What is odd about a text that works. */
export function warningsOf(text: string): readonly string[] {
  return loadConfigText(text, 'p.json', {}).warnings.map(formatProblem);
}

/** A right configuration, `more` added at its top. */
export function minimal(more = ''): string {
  return `{ "clusters": { "main": { "backends": ["10.0.0.1:3306"], "monitor": { "password": "m" } } }${more === '' ? '' : `, ${more}`} }`;
}
