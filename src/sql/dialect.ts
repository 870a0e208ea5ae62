/** How the bytes of a client's statement are to be read: everything outside the text that changes where tokens begin and end. */

/**
 * Families of client character sets that differ to a lexer. `ascii-safe` are those where no byte below 0x80 is ever a part of a longer
 * character and every byte from 0x80 up is a letter (utf8, utf8mb4); `single-byte` are all one-byte sets, where a byte from
 * 0x80 up may even be a blank (0xA0 in latin1); `euc` have pairs of high bytes only; in the rest a backslash or a backtick can be the
 * second byte of a character.
 */
export type CharsetFamily = 'ascii-safe' | 'single-byte' | 'gbk' | 'sjis' | 'big5' | 'gb18030' | 'euc';

export interface SqlDialect {
  /** Decides what executable comments mean; undefined: not known, so text that depends on it makes a statement unsure. */
  readonly flavor: 'mysql' | 'mariadb' | undefined;
  /** As in executable comments: 80015 for 8.0.15, 101106 for 10.11.6; 0 when not known. */
  readonly versionNumber: number;
  /** False: nobody knows the session's sql_mode, so a backslash in a string, or a double quote, makes a statement unsure. */
  readonly modeKnown: boolean;
  /** sql_mode ANSI_QUOTES: `"x"` is a name, not a string. */
  readonly ansiQuotes: boolean;
  /** sql_mode NO_BACKSLASH_ESCAPES. */
  readonly noBackslashEscapes: boolean;
  /** sql_mode IGNORE_SPACE, or the client's flag of that name: without it a blank makes `NOW ()` the call of a stored function. */
  readonly ignoreSpace: boolean;
  /** sql_mode ORACLE (MariaDB): another grammar; nothing is called a pure read or a simple write. */
  readonly oracle: boolean;
  /** Of character_set_client. */
  readonly charset: CharsetFamily;
  /** CLIENT_MULTI_STATEMENTS (or COM_SET_OPTION): without it the server refuses text behind a `;`. */
  readonly multiStatements: boolean;
  /**
   * Stored functions that are declared free of side effects, lower case: `f` as called without a schema, `db.f`, and `*.f` for that of any
   * schema. `SafeFunctions.in` makes it.
   */
  readonly safeFunctions?: ReadonlySet<string>;
}

/** utf8 client, the servers' default sql_mode, server unknown. */
export const DEFAULT_DIALECT: SqlDialect = {
  flavor: undefined,
  versionNumber: 0,
  modeKnown: true,
  ansiQuotes: false,
  noBackslashEscapes: false,
  ignoreSpace: false,
  oracle: false,
  charset: 'ascii-safe',
  multiStatements: true,
};

const FAMILY_OF_CHARSET: Readonly<Record<string, CharsetFamily>> = {
  utf8: 'ascii-safe',
  utf8mb3: 'ascii-safe',
  utf8mb4: 'ascii-safe',
  binary: 'single-byte',
  gbk: 'gbk',
  sjis: 'sjis',
  cp932: 'sjis',
  big5: 'big5',
  gb18030: 'gb18030',
  gb2312: 'euc',
  euckr: 'euc',
  ujis: 'euc',
  eucjpms: 'euc',
};

/** Family of a `character_set_client` value (case-insensitive); names we do not know count as one-byte sets, the careful choice. */
export function charsetFamily(characterSet: string): CharsetFamily {
  return FAMILY_OF_CHARSET[characterSet.toLowerCase()] ?? 'single-byte';
}

/** `80015` from `8.0.15-log`, `101106` from `5.5.5-10.11.6-MariaDB`; 0 when the text has no version in it. */
export function versionNumberOf(greetingVersion: string): number {
  const match = /^(?:5\.5\.5-(?=1\d\.))?(\d+)\.(\d+)\.(\d+)/.exec(greetingVersion);
  return match === null ? 0 : Number(match[1]) * 10_000 + Number(match[2]) * 100 + Number(match[3]);
}

/** Whether texts are read the same way under this value of sql_mode. `DEFAULT`, which names none, counts as another. */
export function sameMode(dialect: SqlDialect, sqlMode: string): boolean {
  const modes = sqlMode.toUpperCase().split(',');
  if (!dialect.modeKnown || modes.includes('DEFAULT') || modes.includes('ORACLE')) return false;
  const ansi = modes.includes('ANSI_QUOTES') || modes.includes('ANSI');
  return ansi === dialect.ansiQuotes && modes.includes('NO_BACKSLASH_ESCAPES') === dialect.noBackslashEscapes;
}

/**
 * The dialect of a session. Make it once per change of these values and keep it: classify takes it as it is.
 * @param greetingVersion as the server sent it; undefined when no server has been seen
 * @param sqlMode value of the session's `sql_mode` (server trackers give the expanded list); undefined when it is not known. Trackers
 *   report changes only: a server may be configured with ANSI_QUOTES or NO_BACKSLASH_ESCAPES, and then '' would be wrong
 * @param characterSet value of `character_set_client`
 * @param multiStatements the connection may send several statements in one text
 */
export function dialectOf(
  greetingVersion: string | undefined,
  sqlMode: string | undefined,
  characterSet: string,
  multiStatements = true,
): SqlDialect {
  const modes = (sqlMode ?? '').toUpperCase().split(',');
  return {
    flavor: greetingVersion === undefined ? undefined : /mariadb/i.test(greetingVersion) ? 'mariadb' : 'mysql',
    versionNumber: greetingVersion === undefined ? 0 : versionNumberOf(greetingVersion),
    modeKnown: sqlMode !== undefined,
    ansiQuotes: modes.includes('ANSI_QUOTES') || modes.includes('ANSI'),
    noBackslashEscapes: modes.includes('NO_BACKSLASH_ESCAPES'),
    ignoreSpace: modes.includes('IGNORE_SPACE') || modes.includes('ANSI'),
    oracle: modes.includes('ORACLE'),
    charset: charsetFamily(characterSet),
    multiStatements,
  };
}
