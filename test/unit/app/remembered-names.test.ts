import type { LookupAddress } from 'node:dns';
import t from 'tap';
import { RememberedNames } from '../../../src/app/remembered-names.js';
import type { Log } from '../../../src/telemetry/log-types.js';

type Answer = Error | readonly LookupAddress[];

/** A name service that answers when it is told to. */
function service() {
  const asked: ((answer: Answer) => void)[] = [];
  const lines: string[] = [];
  const say = (_fields: object, message: string) => void lines.push(message);
  const log = { debug: say, info: say, warn: say, error: say } as unknown as Log;
  const names = new RememberedNames(log, (_host, done) => {
    asked.push((answer) => (answer instanceof Error ? done(answer, []) : done(null, answer)));
  });
  const find = (options: { all?: boolean; family?: number } = {}) =>
    new Promise<unknown>((resolve) => names.lookup('db.example', options, (error, found) => resolve(error ?? found)));
  return { asked, lines, find };
}

const ONE: readonly LookupAddress[] = [{ address: '10.0.0.1', family: 4 }];
const TWO: readonly LookupAddress[] = [
  { address: '10.0.0.2', family: 4 },
  { address: 'fd00::2', family: 6 },
];

t.test('those who come first ask once, together, and hear of a failure', async (t) => {
  const { asked, find } = service();
  const both = [find(), find()];
  t.equal(asked.length, 1);
  asked[0]?.(new Error('ENOTFOUND'));
  t.match(await Promise.all(both), [{ message: 'ENOTFOUND' }, { message: 'ENOTFOUND' }]);
  const again = find();
  t.equal(asked.length, 2, 'a failure is not remembered');
  asked[1]?.(ONE);
  t.equal(await again, '10.0.0.1');
});

t.test('what is known counts while the service is dead, and it is said once', async (t) => {
  const { asked, find, lines } = service();
  const first = find();
  asked[0]?.(ONE);
  await first;
  t.equal(await find(), '10.0.0.1');
  t.equal(asked.length, 1, 'fresh enough');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  t.equal(await find(), '10.0.0.1', 'nobody waits for the service');
  t.equal(await find(), '10.0.0.1');
  t.equal(asked.length, 2, 'it is asked once');
  asked[1]?.(new Error('EAI_AGAIN'));
  t.match(lines, [/^the name db\.example cannot be resolved; its last addresses stay: 10\.0\.0\.1$/]);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  t.equal(await find(), '10.0.0.1');
  asked[2]?.(new Error('EAI_AGAIN'));
  t.equal(lines.length, 1);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await find();
  asked[3]?.(TWO);
  t.match(lines[1], /is resolved again/);
  t.same(await find({ all: true }), TWO, 'a name that has moved');
  t.equal(await find({ family: 6 }), 'fd00::2');
});
