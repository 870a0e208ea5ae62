import t from 'tap';
import { NameBook } from '../../../src/health/members/name-book.js';

function book() {
  const answers = new Map<string, readonly string[] | Error>();
  const errors: string[] = [];
  const say = () => undefined;
  const log = { debug: say, info: say, warn: say, error: (_: object, message: string) => void errors.push(message) };
  const ask = async (host: string) => {
    const answer = answers.get(host) ?? new Error('ENOTFOUND');
    if (answer instanceof Error) throw answer;
    return answer.map((address) => ({ address, family: 4 }));
  };
  const names = new NameBook(ask, 'main', log);
  const refresh = (kept: readonly string[] = []) => names.refresh(['db'], new Set(kept));
  return { names, answers, errors, refresh };
}

t.test('a name service that is dead keeps what was known, and is told of once', async (t) => {
  const { names, answers, errors, refresh } = book();
  await refresh();
  t.same(names.addresses.get('db'), []);
  t.match(errors, [/db cannot be resolved; nothing is known/]);
  answers.set('db', ['10.0.0.2', '10.0.0.1']);
  await refresh();
  t.same(names.addresses.get('db'), ['10.0.0.1', '10.0.0.2']);
  answers.set('db', new Error('SERVFAIL'));
  for (let i = 0; i < 9; i += 1) await refresh();
  t.same(names.addresses.get('db'), ['10.0.0.1', '10.0.0.2']);
  t.equal(errors.length, 2);
  t.match(errors[1], /its last addresses stay: 10.0.0.1, 10.0.0.2/);
  answers.set('db', []);
  await refresh();
  t.same(names.addresses.get('db'), ['10.0.0.1', '10.0.0.2'], 'an empty answer is none');
});

t.test('an address is gone after three questions, the primary stays', async (t) => {
  const { names, answers, refresh } = book();
  answers.set('db', ['10.0.0.1', '10.0.0.2']);
  await refresh();
  answers.set('db', ['10.0.0.3']);
  await refresh(['10.0.0.1']);
  await refresh(['10.0.0.1']);
  t.same(names.addresses.get('db'), ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  await refresh(['10.0.0.1']);
  t.same(names.addresses.get('db'), ['10.0.0.1', '10.0.0.3']);
  await refresh();
  t.same(names.addresses.get('db'), ['10.0.0.3']);
});

t.test('one that comes back in between starts anew', async (t) => {
  const { names, answers, refresh } = book();
  const [both, one] = [['10.0.0.1', '10.0.0.2'], ['10.0.0.1']];
  for (const answer of [both, one, one, both, one, one]) {
    answers.set('db', answer as string[]);
    await refresh();
  }
  t.same(names.addresses.get('db'), both);
  await names.refresh([], new Set());
  t.equal(names.addresses.size, 0, 'a name that is configured no more is forgotten');
});
