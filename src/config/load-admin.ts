import { readFileSync } from 'node:fs';
import { findingsWithoutText } from './findings.js';
import { JsonSyntaxError, parseJson } from './json/json-parser.js';
import { type JsonNode, toNode } from './json/node.js';
import { type BrokenReference, readFailure, resolveReferences } from './json/references.js';
import type { ValueOf } from './kinds/kind.js';
import type { Environment } from './load-config.js';
import { ConfigError, type Problem } from './problem.js';
import { adminSection } from './sections/operation.js';

/**
 * Only the `admin` section of a file, for commands that ask a running proxy: they must work in a shell that has none of the
 * passwords the other sections refer to.
 * @throws ConfigError
 */
export function loadAdminSection(file: string, env: Environment): ValueOf<typeof adminSection> {
  const problems: Problem[] = [];
  const broken: BrokenReference[] = [];
  const node = resolveReferences(adminNode(file), { env, file }, broken, ['admin']);
  for (const { node: at, message } of broken) problems.push({ severity: 'error', ...at.place, key: 'admin', message });
  const section = adminSection.read(node, ['admin'], (path, message, at) => {
    problems.push({ severity: 'error', ...at.place, key: path.join('.'), message });
  });
  if (section === undefined || problems.length > 0) throw new ConfigError(problems);
  return section;
}

function adminNode(file: string): JsonNode {
  try {
    const root = parseJson(readFileSync(file, 'utf8'), file);
    const admin = root.kind === 'object' ? root.members.get('admin')?.value : undefined;
    return admin ?? toNode({}, root.place);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new ConfigError([{ severity: 'error', ...error.place, key: '', message: error.message }]);
    const findings = findingsWithoutText(file);
    findings.error([], `the configuration file cannot be read: ${readFailure(error)}`);
    throw new ConfigError(findings.all());
  }
}
