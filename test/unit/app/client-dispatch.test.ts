import { Socket } from 'node:net';
import t from 'tap';
import { ClientDispatch, type Receiver } from '../../../src/app/client-dispatch.js';

/** A process that says when a client has arrived only when it is told to. */
class Process implements Receiver {
  clients: number;
  readonly got: (() => void)[] = [];

  constructor(clients: number) {
    this.clients = clients;
  }

  send(_listener: string, _socket: Socket, done: () => void): void {
    this.clients += 1;
    this.got.push(done);
  }
}

t.test('the one with the fewest clients gets the next, equals in turn', async (t) => {
  const all = [new Process(5), new Process(2), new Process(2)];
  const dispatch = new ClientDispatch(() => all);
  for (let n = 0; n < 6; n += 1) dispatch.give('a', new Socket());
  t.same(
    all.map(({ clients }) => clients),
    [5, 5, 5],
  );
  for (let n = 0; n < 6; n += 1) dispatch.give('a', new Socket());
  t.same(
    all.map(({ clients }) => clients),
    [7, 7, 7],
  );
});

t.test('quiet once everybody has arrived', async (t) => {
  const one = new Process(0);
  const dispatch = new ClientDispatch(() => [one]);
  await dispatch.quiet(60_000);
  dispatch.give('a', new Socket());
  dispatch.give('a', new Socket());
  let isQuiet = false;
  const quiet = dispatch.quiet(60_000).then(() => (isQuiet = true));
  one.got[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(isQuiet);
  one.got[1]?.();
  await quiet;
  t.ok(isQuiet);
});

t.test('who comes while nobody is there waits', async (t) => {
  const all: Process[] = [];
  const dispatch = new ClientDispatch(() => all);
  const gone = new Socket();
  dispatch.give('a', gone);
  dispatch.give('a', new Socket());
  gone.destroy();
  all.push(new Process(0));
  dispatch.retry();
  t.equal(all[0]?.clients, 1);
  const none = new ClientDispatch(() => []);
  const sockets = Array.from({ length: 1_025 }, () => new Socket());
  for (const socket of sockets) none.give('a', socket);
  t.equal(sockets.filter(({ destroyed }) => destroyed).length, 1, 'within a bound');
});
