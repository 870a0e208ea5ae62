import t from 'tap';
import { COMMANDS } from '../../../src/cli/commands.js';
import { run } from './run.js';

t.test('help', async (t) => {
  const overview = await run(['help']);
  t.equal(overview.code, 0);
  for (const { name, summary } of COMMANDS) {
    t.match(overview.out, `${name} `, name);
    t.match(overview.out, summary);
    const own = await run(['help', name]);
    t.match(own, { code: 0, err: '', out: new RegExp(`^usage: pointsman ${name}[\\s\\S]*examples:\\n  \\S`) }, name);
    t.equal((await run([name, '--help'])).out, own.out);
    t.equal((await run([name, '-h'])).out, own.out);
  }
  t.equal((await run(['--help'])).out, overview.out);
  t.equal((await run(['-h'])).out, overview.out);
  t.match(await run([]), { code: 2, out: '', err: overview.out }, 'no command at all is wrong usage');
});

t.test('version', async (t) => {
  t.match(await run(['version']), { code: 0, out: /^pointsman \d+\.\d+\.\d+ \(node v\d+/ });
  t.match(JSON.parse((await run(['version', '--json'])).out), { version: /^\d+\.\d+\.\d+/, node: process.version });
  t.equal((await run(['--version'])).code, 0);
  t.equal((await run(['-v'])).code, 0);
});

t.test('wrong usage is one line with the way out, and exit code 2', async (t) => {
  const rows: readonly [string[], RegExp][] = [
    [['chekc'], /unknown command "chekc" \(did you mean "check"\?\); pointsman help lists them/],
    [['help', 'stat'], /unknown command "stat" \(did you mean "start"\?|"status"\?\)/],
    [['toString'], /unknown command/],
    [['start', '--confg', 'x'], /unknown option --confg \(did you mean "--config"\?\); pointsman help start lists them/],
    [['start', '-c', 'x'], /unknown option -c/],
    [['check', '--toString'], /unknown option --toString/],
    [['start', '--config'], /--config needs a value: --config FILE/],
    [['start', '--config', '--primary'], /--config needs a value/],
    [['start', '--config='], /--config needs a value/],
    [['check', '--json=yes'], /--json takes no value/],
    [['check', '--config', 'a', '--config', 'b'], /--config stands twice/],
    [['check', 'file.json'], /takes only options, not "file.json"/],
    [['--config', 'x'], /a command comes first/],
    [['start', '--config', 'a', '--primary', 'b'], /give either --config FILE or --primary URL, not both/],
    [['status', '--admin', 'http://a', '--config', 'b'], /either --admin URL or --config FILE/],
  ];
  for (const [args, message] of rows) {
    const ran = await run(args);
    t.match(ran, { code: 2, out: '', err: message }, args.join(' '));
    t.equal(ran.err.trimEnd().split('\n').length, 1, 'one line');
  }
});
