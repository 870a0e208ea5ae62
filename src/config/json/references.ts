import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { KeyPath } from '../problem.js';
import type { JsonNode, StringNode } from './node.js';

/** Where `${env:NAME}` and `${file:/path}` are looked up. */
export interface ReferenceSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File the references stand in; relative paths start at its folder. */
  readonly file: string;
}

/** A `${…}` that could not be replaced. */
export interface BrokenReference {
  readonly path: KeyPath;
  /** The string it stands in. */
  readonly node: StringNode;
  readonly message: string;
}

/** A larger file is not a secret or a setting. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Replaces `${env:NAME}` and `${file:/path}` in every string (not in keys); `$${` stands for a plain `${`. What a reference yields is
 * not looked at again. A trailing line break of a file is dropped, as editors and secret stores add one.
 */
export function resolveReferences(node: JsonNode, source: ReferenceSource, broken: BrokenReference[], path: KeyPath = []): JsonNode {
  switch (node.kind) {
    case 'object': {
      const members = [...node.members].map(
        ([key, member]) => [key, { ...member, value: resolveReferences(member.value, source, broken, [...path, key]) }] as const,
      );
      return { ...node, members: new Map(members) };
    }
    case 'array':
      return { ...node, elements: node.elements.map((element, index) => resolveReferences(element, source, broken, [...path, index])) };
    case 'string':
      return node.value.includes('${') ? resolveText(node, source, (message) => broken.push({ path, node, message })) : node;
    default:
      return node;
  }
}

function resolveText(node: StringNode, source: ReferenceSource, complain: (message: string) => void): StringNode {
  let referenced = false;
  const value = node.value.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole, inner: string | undefined, close: string | undefined) => {
    if (inner === undefined) return '${';
    if (close === '') {
      complain('a reference ${ is not closed with }; write $${ where you mean the characters themselves');
      return whole;
    }
    const result = lookUp(inner, source);
    if ('message' in result) {
      complain(result.message);
      return whole;
    }
    referenced = true;
    return result.value;
  });
  return { ...node, value, referenced };
}

function lookUp(reference: string, source: ReferenceSource): { value: string } | { message: string } {
  if (reference.startsWith('env:')) {
    const name = reference.slice(4);
    const value = source.env[name];
    if (value !== undefined) return { value };
    return { message: `the environment variable ${name} is not set; set it, or write the value here` };
  }
  if (reference.startsWith('file:')) {
    const path = resolve(dirname(source.file), reference.slice(5));
    try {
      const bytes = readFileSync(path);
      if (bytes.length > MAX_FILE_BYTES) return { message: `the file ${path} is larger than 64 KiB; is it the right one?` };
      return { value: bytes.toString('utf8').replace(/\r?\n$/, '') };
    } catch (error) {
      return { message: `the file ${path} cannot be read: ${readFailure(error)}` };
    }
  }
  return { message: 'a reference is ${env:NAME} or ${file:/path}; write $${ where you mean the characters themselves' };
}

/** Why a file could not be read, in words. */
export function readFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it';
  if (code === 'EISDIR') return 'it is a folder';
  return code === '' ? 'unknown reason' : code;
}
