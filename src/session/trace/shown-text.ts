import type { ShowText } from '../../protocol/describe-text.js';
import { digest } from '../../sql/digest.js';
import type { Session } from '../session.js';

/** Longer texts are cut before they are read. */
const MOST_BYTES = 4_096;

/** Statements and messages of a trace, as `log.sql` says: as they are, or with `?` for literals. Passwords in statements are literals. */
export function shownText(session: Session): ShowText {
  if (session.services.logSql === 'full') return (text) => withoutPasswords(text.toString('utf8', 0, MOST_BYTES));
  return (text) => digest(text.subarray(0, MOST_BYTES), session.state.dialect).text;
}

/** IDENTIFIED BY '...', PASSWORD('...'), SET PASSWORD = '...': never shown, whatever is asked for. */
function withoutPasswords(text: string): string {
  return text.replaceAll(
    /\b(identified\s+(?:with\s+\S+\s+)?(?:by|as|using)|password\s*(?:=|\(|for\s+\S+\s*=)?)\s*(['"]).*?\2/gi,
    "$1 '***'",
  );
}
