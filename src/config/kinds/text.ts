import type { JsonNode } from '../json/node.js';
import type { KeyPath } from '../problem.js';
import { type JsonSchema, type Kind, type Report, shown, textOf } from './kind.js';

interface TextOptions {
  /** For the reference. */
  readonly text?: string;
  readonly maxLength?: number;
  /** What the text must look like, and what to say when it does not. */
  readonly pattern?: RegExp;
  readonly otherwise?: string;
}

/** Text that is not empty. */
export function text(options: TextOptions = {}): Kind<string> {
  const maxLength = options.maxLength ?? 255;
  return {
    unit: '',
    text: options.text ?? 'text',
    read(node: JsonNode, path: KeyPath, report: Report): string | undefined {
      const value = textOf(node, path, report, 'text');
      if (value === undefined || node.kind !== 'string') return undefined;
      if (value === '') report(path, 'the text is empty; leave the key out or write something', node);
      else if (value.length > maxLength) report(path, `the text is longer than ${maxLength} characters`, node);
      else if (options.pattern !== undefined && !options.pattern.test(value)) report(path, `${shown(node)}: ${options.otherwise}`, node);
      else return value;
      return undefined;
    },
    schema(): JsonSchema {
      return { type: 'string', minLength: 1 };
    },
  };
}

/** A name of our own making (cluster, listener, backend): it appears in URLs, logs and metrics. */
export function name(): Kind<string> {
  return text({
    text: 'name',
    maxLength: 128,
    pattern: /^[\w[\]:/.@-]+$/,
    otherwise: 'a name has only letters, digits and . _ - : / @ [ ]',
  });
}

/** A password or token: never shown, may be empty. */
export function secret(): Kind<string> {
  return {
    unit: '',
    text: 'text, never shown',
    read: (node, path, report) => textOf(node, path, report, 'text'),
    schema: () => ({ type: 'string' }),
  };
}

/** Path of a file; a relative one starts at the configuration file's folder. */
export function filePath(): Kind<string> {
  return text({ text: 'path of a file', maxLength: 4096 });
}
