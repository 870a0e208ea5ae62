import t from 'tap';
import { EventHub } from '../../../src/admin/event-hub.js';
import { eventStream } from '../../../src/admin/event-stream.js';
import type { StreamSink } from '../../../src/admin/reply.js';
import { context } from './fake-source.js';

class Sink implements StreamSink {
  text = '';
  waitingBytes = 0;
  ended = false;
  #onEnd: (() => void) | undefined;

  write(text: string): void {
    this.text += text;
  }
  end(): void {
    this.ended = true;
    this.#onEnd?.();
  }
  onEnd(ended: () => void): void {
    this.#onEnd = ended;
  }
}

function listen(inside: ReturnType<typeof context>, lastEventId?: string): Sink {
  const sink = new Sink();
  eventStream(inside, lastEventId).stream?.(sink);
  return sink;
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

t.test('status and events', async (t) => {
  const inside = context();
  const sink = listen(inside);
  await soon();
  t.match(sink.text, /^event: status\ndata: \{"version":"0\.1\.0".*\}\n\n/);
  inside.events.publish('drain', { backend: 'db1', bytes: 12345678901234567890n });
  t.match(sink.text, /\nid: [0-9a-f]{8}-1\nevent: drain\ndata: \{"backend":"db1","bytes":"12345678901234567890"\}\n\n/);
  sink.end();
  inside.events.publish('drain', { backend: 'db2' });
  t.notMatch(sink.text, /db2.*drain/);
});

t.test('who comes back gets what it missed', async (t) => {
  const inside = context();
  const sink = listen(inside);
  inside.events.publish('one', {});
  const id = /id: (\S+)/.exec(sink.text)?.[1];
  sink.end();
  inside.events.publish('two', {});
  inside.events.publish('three', {});
  const again = listen(inside, id);
  t.match(again.text, /event: two[\s\S]*event: three/);
  t.notMatch(again.text, /event: one/);
  t.equal(listen(inside, 'of-another-process').text, '');
});

t.test('a reader that does not read', async (t) => {
  const inside = context();
  const sink = listen(inside);
  sink.waitingBytes = 100_000;
  await soon();
  t.equal(sink.text, '', 'no status while it is behind');
  inside.events.publish('failover', {});
  t.match(sink.text, /failover/, 'events are not left out');
  sink.waitingBytes = 2_000_000;
  inside.events.publish('failover', {});
  t.ok(sink.ended, 'then it is cut');
});

t.test('so many listeners and no more', async (t) => {
  const inside = context();
  const sinks = Array.from({ length: 64 }, () => listen(inside));
  t.throws(() => eventStream(inside, undefined), { status: 503, code: 'PM_ADMIN_LISTENERS' });
  sinks[0]?.end();
  t.doesNotThrow(() => eventStream(inside, undefined));
});

t.test('what is kept is bounded', async (t) => {
  const hub = new EventHub();
  const ids: string[] = [];
  hub.subscribe(({ id }) => ids.push(id));
  for (let n = 0; n < 1_000; n += 1) hub.publish('x', {});
  t.equal(hub.since(ids[0]).length, 0, 'too long ago');
  t.equal(hub.since(ids.at(-10)).length, 9);
});
