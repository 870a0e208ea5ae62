import { readFileSync } from 'node:fs';
import { toNode } from '../config/json/node.js';
import { loadTree } from '../config/load-config.js';
import { ConfigError } from '../config/problem.js';
import { type Command, EXIT, UsageError } from './command.js';
import { convert } from './import/convert.js';
import { ImportError } from './import/proxysql-tables.js';
import { readCnf } from './import/read-cnf.js';
import { readDump } from './import/read-dump.js';

/** `pointsman import FILE`: our configuration out of ProxySQL's. */
export const importCommand: Command = {
  name: 'import',
  summary: 'write a configuration out of a proxysql.cnf',
  operands: 'FILE',
  about:
    'Reads a proxysql.cnf, or a dump of the admin tables (INSERT statements, as mysqldump of the admin port writes them), and writes a configuration of ours to standard output. What has no equivalent, or needs none, is listed at its head and on standard error.',
  options: {},
  examples: [
    ['pointsman import /etc/proxysql.cnf > pointsman.json', 'then: pointsman check --config pointsman.json'],
    ['mysqldump -h127.0.0.1 -P6032 -uadmin -p main | pointsman import - > pointsman.json', 'what runs now, from the admin port'],
  ],
  async run(_options, operands, terminal) {
    const [file] = operands;
    if (file === undefined || operands.length > 1)
      throw new UsageError('give one file, or - for standard input: pointsman import /etc/proxysql.cnf');
    const text = file === '-' ? await terminal.input() : read(file);
    const given = /\b(?:INSERT|REPLACE)\b[^;]*\bINTO\b/i.test(text) ? readDump(text) : readCnf(text);
    if ((given.tables['mysql_servers'] ?? []).length === 0)
      throw new ImportError(`${file} holds no mysql_servers: is it a proxysql.cnf or a dump of its tables?`);
    const { document, notes } = convert(given);
    const wrong = problemsOf(document);
    const lines = [...notes, ...wrong.map((problem) => `please look at: ${problem}`)];
    for (const line of lines) terminal.err(`${line}\n`);
    const comments = lines.map((line) => `// - ${line}\n`).join('');
    terminal.out(
      `// Out of ${file} by \`pointsman import\`. Passwords stand here as they stood there.\n${comments}${JSON.stringify(document, null, 2)}\n`,
    );
    return EXIT.fine;
  },
};

/** What `check` will say of it, but for files that are not there. */
function problemsOf(document: Parameters<typeof toNode>[0]): string[] {
  try {
    loadTree(toNode(document, { source: 'import', line: 0, column: 0 }), process.cwd());
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.trim().split('\n');
    throw error;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ImportError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
