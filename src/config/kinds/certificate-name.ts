import { parseDistinguishedName, type SubjectAttributes } from '../distinguished-name.js';
import type { Kind } from './kind.js';
import { parsed } from './parsed.js';

/** The name of a certificate's subject. */
export function subjectName(): Kind<SubjectAttributes> {
  return parsed('subject such as `CN=app,O=Example` or `/O=Example/CN=app`', parseDistinguishedName);
}
