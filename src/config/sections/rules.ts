import { choice } from '../kinds/choice.js';
import { oneOrMore } from '../kinds/collection.js';
import { network } from '../kinds/endpoint.js';
import { flag } from '../kinds/flag.js';
import { regularExpression } from '../kinds/pattern.js';
import { duration } from '../kinds/quantity.js';
import { defaulted, optional, required, section } from '../kinds/section.js';
import { name, text } from '../kinds/text.js';
import { wholeNumber } from '../kinds/whole-number.js';

const ANY = { reloadable: true, fallbackText: 'any' } as const;

const table = text({
  text: '`name`, `schema.name` or `schema.*`',
  maxLength: 200,
  pattern: /^[^.*\s]+(\.([^.*\s]+|\*))?$/,
  otherwise: 'write a table as name, schema.name or schema.*, without quotes',
});

const digest = text({
  text: '16 hexadecimal digits, `0x` before them or not',
  pattern: /^(0[xX])?[0-9a-fA-F]{1,16}$/,
  otherwise: 'a digest is up to 16 hexadecimal digits, such as 0x1f2e3d4c5b6a7988',
});

/** What a statement must be like. */
const matchSection = section({
  user: optional(oneOrMore(text({ maxLength: 80 }), 'user'), 'Account that the client logged in with.', { ...ANY, example: 'bi' }),
  database: optional(oneOrMore(text({ maxLength: 64 }), 'database'), 'Database selected at that moment.', { ...ANY, example: 'dw' }),
  client: optional(oneOrMore(network(), 'address range'), 'Address that the client comes from.', { ...ANY, example: '10.1.0.0/16' }),
  listener: optional(oneOrMore(name(), 'listener'), 'Listener that the client came to.', { ...ANY, example: 'split' }),
  tls: optional(flag(), 'Whether the client connected with TLS.', { ...ANY, example: true }),
  kind: optional(
    oneOrMore(choice('read', 'write', 'ddl', 'transaction', 'set', 'call', 'admin', 'other'), 'kind'),
    'What the statement does. A text of several statements is `read` when all of them are, and of any other kind when one of them is.',
    { ...ANY, example: 'read' },
  ),
  table: optional(
    oneOrMore(table, 'table'),
    'Table that the statement names; case does not count. What views, routines and triggers touch is not seen.',
    { ...ANY, example: 'orders' },
  ),
  comment: optional(
    oneOrMore(text(), 'comment'),
    "Tag in a comment of the statement, `key` or `key=value` (`/* app:shop */`, `/*app='shop',route='x'*/`), or the whole comment before its first word.",
    { ...ANY, example: 'app=shop' },
  ),
  attribute: optional(oneOrMore(text(), 'attribute'), 'Query attribute, `name` or `name=value` (MySQL from 8.0.23).', {
    ...ANY,
    example: 'tenant=acme',
  }),
  digest: optional(oneOrMore(digest, 'digest'), 'Digest of the statement: of its text without literals.', {
    ...ANY,
    example: '0x1f2e3d4c5b6a7988',
  }),
  pattern: optional(
    regularExpression(),
    'Regular expression that is found in the statement, from its first word to its end without `;`. Case does not count and `.` takes line ends too, unless it begins with `(?-i)` or `(?-s)`. Always linear in time, so without backreferences and looking ahead. Statements longer than `limits.maxRerunSize` have no text to match.',
    { ...ANY, example: '^SELECT .* FROM big' },
  ),
});

const rateLimitSection = section({
  statements: required(wholeNumber(1, 1_000_000), 'How many statements may run …', { reloadable: true, example: 100 }),
  every: defaulted(duration('1ms', '1d'), '1s', '… in this time.', { reloadable: true }),
  burst: optional(wholeNumber(1, 1_000_000), 'How many of them at once.', {
    reloadable: true,
    fallbackText: 'as `statements`',
    example: 200,
  }),
  per: defaulted(choice('all', 'user', 'client'), 'all', 'Who shares the allowance: everybody, each account, each client address.', {
    reloadable: true,
  }),
});

const NO = { reloadable: true, fallbackText: 'not' } as const;

/** What is done with it. */
const actionSection = section({
  route: optional(choice('primary', 'replica', 'split'), 'Where it goes.', {
    reloadable: true,
    fallbackText: "the user's or the listener's route",
    example: 'replica',
  }),
  cluster: optional(name(), 'Cluster it goes to.', { reloadable: true, fallbackText: "the user's or the listener's", example: 'main' }),
  backend: optional(name(), 'The one server it goes to, whatever its role.', { reloadable: true, fallbackText: 'any', example: 'db2' }),
  consistency: optional(choice('eventual', 'session', 'global'), 'Instead of `clusters.*.replicas.consistency`.', {
    reloadable: true,
    fallbackText: "the cluster's",
    example: 'eventual',
  }),
  commitGuard: optional(
    flag(),
    'Whether its commit is guarded, instead of `clusters.*.transactions.commitGuard`. The statement that commits is what has to match.',
    {
      reloadable: true,
      fallbackText: "the cluster's",
      example: true,
    },
  ),
  sticky: optional(flag(), 'The session stays with the target of this rule until COM_RESET_CONNECTION or a change of user.', {
    ...NO,
    example: true,
  }),
  timeout: optional(
    duration('1ms', '1d'),
    'After this time the running statement is killed on its server, and the client gets error 3024.',
    {
      reloadable: true,
      fallbackText: 'no limit',
      example: '2s',
    },
  ),
  rewrite: optional(
    text({ maxLength: 65_536 }),
    'What the first match of `pattern` is replaced with: `$1` is its first group, `$&` the match, `$$` a dollar.',
    { ...NO, example: 'SELECT /*+ MAX_EXECUTION_TIME(500) */$1' },
  ),
  deny: optional(text({ maxLength: 400 }), 'It is not run; the client gets error 9505 with this message.', {
    ...NO,
    example: 'not during the day',
  }),
  delay: optional(duration('1ms', '10m'), 'It waits this long before it is run.', { ...NO, example: '100ms' }),
  rateLimit: optional(
    rateLimitSection,
    'Above this rate it is not run, and the client gets error 9506. Counts for all processes together.',
    {
      ...NO,
      example: { statements: 100, every: '1s' },
    },
  ),
  log: optional(flag(), 'One line in the log.', { ...NO, example: true }),
});

/** One rule. */
export const ruleSection = section({
  name: required(name(), 'Name in errors, the log, metrics and `explain`; unique.', { reloadable: true, example: 'reports' }),
  match: defaulted(
    matchSection,
    {},
    'What a statement must be like: every key that is given must fit, and of a list one. Nothing given: every statement.',
  ),
  action: defaulted(actionSection, {}, 'What is done with it. Nothing given: it is counted.'),
  continue: defaulted(flag(), false, 'Whether later rules are looked at too; of two that say the same thing the later wins.', {
    reloadable: true,
  }),
  dryRun: defaulted(flag(), false, 'Count what would match, and do nothing else.', { reloadable: true }),
});
