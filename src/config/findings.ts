import { type JsonNode, type Place, toNode } from './json/node.js';
import { formatKey, type KeyPath, type Problem } from './problem.js';

/** Collects what is wrong while a configuration is read and checked, and finds the place of every key in what was written. */
export class Findings {
  readonly #root: JsonNode;
  readonly #problems: Problem[] = [];

  constructor(root: JsonNode) {
    this.#root = root;
  }

  /** Something that must be mended. The place is that of `node`, or of the key at `path`, or of the nearest object around it. */
  error(path: KeyPath, message: string, node?: JsonNode): void {
    this.#add('error', path, message, node?.place ?? this.#placeOf(path));
  }

  /** Something that works but probably is not meant. */
  warning(path: KeyPath, message: string): void {
    this.#add('warning', path, message, this.#placeOf(path));
  }

  get hasErrors(): boolean {
    return this.#problems.some((problem) => problem.severity === 'error');
  }

  /** In the order of the file. */
  all(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  #add(severity: Problem['severity'], path: KeyPath, message: string, place: Place): void {
    this.#problems.push({ severity, ...place, key: formatKey(path), message });
  }

  #placeOf(path: KeyPath): Place {
    let node = this.#root;
    for (const step of path) {
      const next: JsonNode | undefined =
        node.kind === 'object' ? node.members.get(String(step))?.value : node.kind === 'array' ? node.elements[Number(step)] : undefined;
      if (next === undefined) break;
      node = next;
    }
    return node.place;
  }
}

/** Findings about something that has no text to point into. */
export function findingsWithoutText(source: string): Findings {
  return new Findings(toNode({}, { source, line: 0, column: 0 }));
}
