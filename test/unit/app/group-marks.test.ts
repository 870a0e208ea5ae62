import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { GroupInquiry } from '../../../src/app/group-inquiry.js';
import { MarkRounds } from '../../../src/app/mark-rounds.js';
import { Marks } from '../../../src/topology/marks.js';

const a = 'aaaaaaaa-0000-0000-0000-000000000001';

t.test('the supervisor joins what the workers say', async (t) => {
  const rounds = new MarkRounds();
  t.same(await rounds.ask([]), [], 'there is nobody else');
  const requests: number[] = [];
  const asked = rounds.ask([(request) => requests.push(request), (request) => requests.push(request)]);
  const [request = 0] = requests;
  rounds.answered(request, [[a, 5]]);
  rounds.answered(request, [
    [a, 7],
    ['0', 1],
  ]);
  t.same(await asked, [
    [a, 7],
    ['0', 1],
  ]);
  t.equal(await rounds.ask([() => undefined]), undefined, 'one that hangs');
  rounds.answered(request, [[a, 9]]);
});

t.test('a worker asks once for all reads that came before the question', async (t) => {
  const questions: number[] = [];
  const inquiry = new GroupInquiry((request) => questions.push(request));
  const own = new Marks();
  own.add(`${a}:3`, 1);
  const first = inquiry.ask(own);
  t.equal(questions.length, 1);
  const second = inquiry.ask(own);
  const third = inquiry.ask(own);
  t.equal(questions.length, 1, 'the answer under way may be older than these');
  inquiry.answered(questions[0] ?? 0, [[a, 2]], 55);
  t.equal((await first)?.marks.last(a), 3, 'its own count too');
  t.equal((await first)?.notBeforeMs, 55);
  t.equal(questions.length, 2);
  inquiry.answered(questions[0] ?? 0, [[a, 100]], 55);
  inquiry.answered(questions[1] ?? 0, [[a, 9]], 55);
  t.equal((await second)?.marks.last(a), 9);
  t.equal((await third)?.marks, (await first)?.marks, 'one object: its version tells of changes');
  inquiry.answered(questions[1] ?? 0, undefined, 55);
  const fourth = inquiry.ask(own);
  inquiry.answered(questions[2] ?? 0, undefined, 55);
  t.equal(await fourth, undefined);
});

t.test('a supervisor that does not answer', async (t) => {
  const inquiry = new GroupInquiry(() => undefined);
  t.equal(await inquiry.ask(new Marks()), undefined);
  await sleep(1);
});
