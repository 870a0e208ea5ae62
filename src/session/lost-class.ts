import type { LostClass } from '../telemetry/stat-names.js';
import type { Statement } from './statement.js';

/**
 * What is known of a statement whose server was lost: never sent; sent, and it can only have read; sent, and it may have written; sent, and it commits (by
 * its text, or as all that writes with no transaction open, that is `sent-write`).
 * @param refused the server answered that it may not write: nothing of it has happened
 */
export function lostClassOf({ sent, facts, traits }: Statement, refused = false): LostClass {
  if (!sent) return 'not-sent';
  if (refused) return 'refused';
  if (facts?.kind === 'transaction' && facts.commits && !facts.multi) return 'commit-sent';
  return traits.read || traits.harmless || traits.stream ? 'sent-read' : 'sent-write';
}
