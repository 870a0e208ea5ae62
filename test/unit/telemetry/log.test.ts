import t from 'tap';
import { createLog, type LogOptions } from '../../../src/telemetry/log.js';
import { prettyLine } from '../../../src/telemetry/pretty-line.js';

function logged(options: Partial<LogOptions>, use: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  use(createLog({ level: 'info', format: 'json', write: (line) => void lines.push(line), ...options }));
  return lines;
}

t.test('JSON lines', async (t) => {
  const [line = ''] = logged({ fields: { worker: 2 } }, (log) => log.warn({ backend: 'db1', code: 1290 }, 'read-only'));
  t.match(line, /\n$/);
  t.match(JSON.parse(line), {
    level: 'warn',
    message: 'read-only',
    backend: 'db1',
    code: 1290,
    worker: 2,
    pid: process.pid,
    time: /^\d{4}-.*Z$/,
  });
});

t.test('levels', async (t) => {
  const all = (log: ReturnType<typeof createLog>) => {
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
  };
  t.equal(logged({}, all).length, 3);
  t.equal(logged({ level: 'debug' }, all).length, 4);
  t.equal(logged({ level: 'error' }, all).length, 1);
});

t.test('errors keep their stack and code', async (t) => {
  const error = Object.assign(new Error('gone'), { code: 'PM_NET_GONE' });
  const [line = ''] = logged({}, (log) => log.with({ session: 7 }).error({ error }, 'lost'));
  t.match(JSON.parse(line), { session: 7, error: { message: 'gone', code: 'PM_NET_GONE', stack: /log\.test/ } });
});

t.test('secrets are never written, whoever logs them', async (t) => {
  const fields = {
    password: 'hunter2',
    monitor: { password: 'hunter2' },
    token: 'hunter2',
    account: { secret: 'hunter2' },
    authResponse: Buffer.from('hunter2'),
  };
  for (const format of ['json', 'pretty'] as const)
    t.notMatch(logged({ format }, (log) => log.info(fields, 'x')).join(''), /hunter2|104,117/);
});

t.test('pretty lines', async (t) => {
  const [line = ''] = logged({ format: 'pretty' }, (log) => log.info({ backend: 'db1', text: 'two words', list: [1] }, 'started'));
  t.match(line, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}started backend=db1 text="two words" list=\[1\]\n$/);
  const colored = prettyLine('{"level":"error","message":"m","time":"2024-01-01T00:00:00.000Z","a":"b"}', true);
  t.ok(colored.endsWith(' \u001b[31mERROR\u001b[0m m \u001b[90ma=\u001b[0mb\n'), 'colors on a terminal');
  t.equal(prettyLine('not JSON', true), 'not JSON');
  const [withError = ''] = logged({ format: 'pretty' }, (log) => log.error({ error: new Error('gone') }, 'lost'));
  t.match(withError, /ERROR lost\n {4}Error: gone\n {4} +at /);
});

t.test('nobody can forge a line or move the cursor', async (t) => {
  const evil = 'x\n12:00:00.000 INFO  fine\u001b[2J\r';
  const [line = ''] = logged({ format: 'pretty' }, (log) => log.info({ evil }, evil));
  t.equal(line.split('\n').length, 2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  t.notMatch(line, /[\u0000-\u0009\u000b-\u001f]/);
});
