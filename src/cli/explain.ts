import { askAdmin } from './ask-admin.js';
import { type Command, EXIT, UsageError } from './command.js';
import { explanationText } from './explanation-text.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';

/** `pointsman explain SQL`: asks a running proxy where a statement would go, and why. */
export const explain: Command = {
  name: 'explain',
  summary: 'show where a statement would go, and why',
  operands: 'SQL',
  about:
    'Asks a running proxy what it would do with a statement that a client sends now, outside of a transaction. Nothing is run. Statements of up to about 4,000 characters.',
  options: {
    ...ADMIN_OPTIONS,
    user: { value: 'NAME', about: 'account of the client' },
    database: { value: 'NAME', about: 'its selected database' },
    listener: { value: 'NAME', about: 'listener it comes to (default: the first with route split, else the first)' },
    client: { value: 'ADDRESS', about: 'its address (default: 127.0.0.1)' },
    tls: { value: undefined, about: 'it comes with TLS' },
    json: { value: undefined, about: 'the answer of /api/v1/explain as JSON' },
  },
  examples: [
    ['pointsman explain "SELECT * FROM orders"', 'as a client of the split listener'],
    ['pointsman explain "DELETE FROM orders" --user bi --database dw', 'as this account'],
  ],
  async run(options, operands, terminal) {
    if (operands.length !== 1) throw new UsageError('give one statement, in quotes: pointsman explain "SELECT 1"');
    const query = new URLSearchParams({ sql: operands[0] ?? '' });
    for (const name of ['user', 'database', 'listener', 'client']) {
      const value = options[name]?.[0];
      if (value !== undefined) query.set(name, value);
    }
    if (options['tls'] !== undefined) query.set('tls', 'true');
    const answer = await askAdmin(findAdmin(options, terminal), `/api/v1/explain?${query}`);
    terminal.out(options['json'] === undefined ? explanationText(answer) : `${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.fine;
  },
};
