import { like } from './condition.js';
import type { ConsoleDesk, Json } from './console-desk.js';
import { HELP_HINT, notUnderstood } from './console-error.js';
import { asValue } from './console-table.js';
import type { Result, ResultTable } from './result.js';
import { runSelect, tableName } from './select.js';
import { meansNothing, type Talker, talk } from './small-talk.js';
import { readTable, TABLES, tableNamed } from './tables.js';
import { WordReader } from './words.js';

/** Runs one statement of the console. @throws ConsoleError for what it does not know or what cannot be done */
export async function runStatement(text: string, desk: ConsoleDesk, talker: Talker): Promise<Result> {
  const words = new WordReader(text);
  if (words.done) throw notUnderstood('the statement is empty', HELP_HINT);
  if (words.takes('SELECT')) {
    const talked = talk(words.next === undefined ? '' : text.slice(words.next.at), talker);
    return talked ?? runSelect(words, (name) => readTable(name, desk));
  }
  if (words.takes('SHOW')) return show(words, desk, talker);
  for (const [first, run] of Object.entries(ACTIONS)) {
    if (words.takes(first)) return run(words, desk);
  }
  if (meansNothing(words)) return { info: '' };
  throw notUnderstood(`"${words.next?.text}" begins no statement of this console`, HELP_HINT);
}

async function show(words: WordReader, desk: ConsoleDesk, { version }: Talker): Promise<Result> {
  words.takes('FULL');
  for (const scope of ['GLOBAL', 'SESSION']) words.takes(scope);
  if (words.takes('HELP')) return HELP;
  if (words.takes('PROCESSLIST')) return readTable('sessions', desk);
  if (words.takes('VERSION')) return { columns: ['version'], rows: [[version]] };
  if (words.takes('DATABASES') || words.takes('SCHEMAS')) return { columns: ['Database'], rows: [['main']] };
  if (words.takes('WARNINGS') || words.takes('ERRORS')) return { columns: ['Level', 'Code', 'Message'], rows: [] };
  if (words.takes('VARIABLES')) return filtered(words, { columns: ['Variable_name', 'Value'], rows: [['version', version]] });
  if (words.takes('TABLES')) {
    if (words.takes('FROM') || words.takes('IN')) words.takeName('a schema');
    return filtered(words, { columns: ['Tables_in_main'], rows: TABLES.map(({ name }) => [name]) });
  }
  if (words.takes('COLUMNS', 'FROM') || words.takes('FIELDS', 'FROM')) return described(tableName(words));
  const { next } = words;
  if (next === undefined) throw notUnderstood('SHOW what?', HELP_HINT);
  return filtered(words, await readTable(words.takeName('a table'), desk));
}

/** `LIKE 'pattern'` on the first column, as the servers' SHOW has it. */
function filtered(words: WordReader, table: ResultTable): ResultTable {
  if (!words.takes('LIKE')) {
    words.end();
    return table;
  }
  const pattern = words.takeName('a pattern');
  words.end();
  return { ...table, rows: table.rows.filter(([first]) => like(first ?? null, pattern) === 1) };
}

function described(name: string): ResultTable {
  return {
    columns: ['Field', 'Type', 'Null', 'Key', 'Default', 'Extra'],
    rows: tableNamed(name).columns.map((column) => [column, 'text', 'YES', '', null, '']),
  };
}

type Action = (words: WordReader, desk: ConsoleDesk) => Promise<Result>;

const ACTIONS: Readonly<Record<string, Action>> = {
  HELP: async () => HELP,
  DESCRIBE: async (words) => described(tableName(words)),
  DESC: async (words) => described(tableName(words)),
  EXPLAIN: explainRoute,
  KILL: kill,
  DRAIN: (words, desk) => atBackend(words, desk, 'drain'),
  UNDRAIN: (words, desk) => atBackend(words, desk, 'undrain'),
  MAINTENANCE: (words, desk) => atBackend(words, desk, 'maintenance'),
  SWITCHOVER: switchover,
  RELOAD: reload,
  PAUSE: (words, desk) => atCluster(words, desk, 'pause'),
  RESUME: (words, desk) => atCluster(words, desk, 'resume'),
};

async function explainRoute(words: WordReader, desk: ConsoleDesk): Promise<Result> {
  if (!words.takes('ROUTE')) throw notUnderstood('only EXPLAIN ROUTE is known here', 'EXPLAIN ROUTE SELECT 1 says where that would go');
  const sql = words.rest();
  if (sql === '') throw notUnderstood('EXPLAIN ROUTE of what?', 'EXPLAIN ROUTE SELECT 1');
  const { backends, ...rest } = await desk.get(`/api/v1/explain?${new URLSearchParams({ sql })}`);
  const servers = (backends as readonly { name: string; chosen: boolean; reason: string }[]).map(
    ({ name, chosen, reason }): [string, string] => [chosen ? `server ${name}` : `not ${name}`, reason],
  );
  return {
    columns: ['about', 'value'],
    rows: [...Object.entries(rest).map(([name, member]): [string, ReturnType<typeof asValue>] => [name, asValue(member)]), ...servers],
  };
}

async function kill(words: WordReader, desk: ConsoleDesk): Promise<Result> {
  const queryOnly = words.takes('QUERY');
  words.takes('CONNECTION');
  const id = words.take();
  if (id.kind !== 'number') throw notUnderstood(`an id was expected, not ${id.text}`, 'SHOW SESSIONS lists them');
  words.end();
  await desk.act(`/api/v1/sessions/${id.text}/kill`, { queryOnly });
  return { info: `session ${id.text}: ${queryOnly ? 'its statement' : 'it'} was ended` };
}

async function atBackend(words: WordReader, desk: ConsoleDesk, what: string): Promise<Result> {
  const dryRun = words.takes('DRY', 'RUN');
  const name = words.rest().replaceAll(/^[`'"]|[`'"]$/g, '');
  if (name === '') throw notUnderstood(`${what} which server?`, 'SHOW BACKENDS lists them');
  return asTable(await desk.act(`/api/v1/backends/${encodeURIComponent(name)}/${what}`, { dryRun }));
}

/** `SWITCHOVER [DRY RUN] [cluster] [TO server]` */
async function switchover(words: WordReader, desk: ConsoleDesk): Promise<Result> {
  const dryRun = words.takes('DRY', 'RUN');
  const [, cluster, to] = /^(?!TO\b)?(\S+?)?\s*(?:\bTO\s+(\S+))?$/i.exec(words.rest()) ?? [];
  const named = await clusterMeant(cluster, desk, 'SWITCHOVER');
  return asTable(
    await desk.act(`/api/v1/clusters/${encodeURIComponent(named)}/switchover`, { dryRun, ...(to === undefined ? {} : { to }) }),
  );
}

/** `PAUSE [DRY RUN] [cluster]` */
async function atCluster(words: WordReader, desk: ConsoleDesk, what: string): Promise<Result> {
  const dryRun = words.takes('DRY', 'RUN');
  const cluster = await clusterMeant(words.done ? undefined : words.takeName('a cluster'), desk, what.toUpperCase());
  words.end();
  return asTable(await desk.act(`/api/v1/clusters/${encodeURIComponent(cluster)}/${what}`, { dryRun }));
}

/** The only one need not be named. */
async function clusterMeant(given: string | undefined, desk: ConsoleDesk, verb: string): Promise<string> {
  if (given !== undefined) return given;
  const [first, ...others] = ((await desk.get('/api/v1/clusters'))['clusters'] as readonly { name: string }[]).map(({ name }) => name);
  if (first === undefined || others.length > 0) throw notUnderstood('of which cluster?', `${verb} ${first}`);
  return first;
}

/** `RELOAD [DRY RUN]` */
async function reload(words: WordReader, desk: ConsoleDesk): Promise<Result> {
  const dryRun = words.takes('DRY', 'RUN');
  words.end();
  return asTable(await desk.act('/api/v1/config/reload', { dryRun }));
}

function asTable(answer: Json): ResultTable {
  return { columns: ['about', 'value'], rows: Object.entries(answer).map(([name, member]) => [name, asValue(member)]) };
}

const HELP: ResultTable = {
  columns: ['statement', 'what it does'],
  rows: [
    ...TABLES.map(({ name, about }): [string, string] => [`SHOW ${name.toUpperCase()}`, about]),
    ['SHOW PROCESSLIST', 'the same as SHOW SESSIONS'],
    ['SHOW VERSION', 'of this Pointsman'],
    ['SELECT ... FROM name WHERE ... ORDER BY ... LIMIT ...', 'any of these tables; SHOW TABLES lists them'],
    ['EXPLAIN ROUTE statement', 'where the statement would go, and why'],
    ['KILL [QUERY] id', 'ends a session, or the statement it runs'],
    ['DRAIN server, UNDRAIN server, MAINTENANCE server', 'takes a server out, and back'],
    ['SWITCHOVER [DRY RUN] [cluster] [TO server]', 'another server becomes primary, without an error'],
    ['PAUSE [DRY RUN] [cluster], RESUME [cluster]', 'nothing new begins on the cluster; statements are held, up to hold.timeout'],
    ['RELOAD [DRY RUN]', 'brings into force what has changed in the file, or says what would'],
  ],
};
