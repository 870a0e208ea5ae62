import fc from 'fast-check';
import t from 'tap';
import { Capability } from '../../../../src/protocol/capabilities.js';
import { encodeErr } from '../../../../src/protocol/err.js';
import { encodeFrames } from '../../../../src/protocol/frame.js';
import { encodeOk } from '../../../../src/protocol/ok.js';
import { AnswerDigest, type AnswerSum, sameAnswer } from '../../../../src/session/replay/answer-digest.js';

function sum(add: (digest: AnswerDigest) => void): AnswerSum {
  const digest = new AnswerDigest();
  digest.begin();
  add(digest);
  const { crc, mix, bytes } = digest;
  return { crc, mix, bytes };
}

const OK = { affectedRows: 0n, insertId: 0n, statusFlags: 2, warnings: 0, info: Buffer.alloc(0), sessionTrack: undefined };
const ok = (more: Partial<typeof OK> = {}, header: 0x00 | 0xfe = 0x00) =>
  encodeFrames(encodeOk({ ...OK, ...more }, Capability.PROTOCOL_41, header), 1);

t.test('how an answer was cut into chunks makes no difference', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), fc.array(fc.nat(2000), { maxLength: 6 }), (bytes, cuts) => {
      const whole = Buffer.from(bytes);
      const at = [0, ...cuts.map((cut) => cut % whole.length).sort((a, b) => a - b), whole.length];
      const one = sum((digest) => digest.data(whole, 0, whole.length));
      const other = sum((digest) => {
        for (let i = 1; i < at.length; i++) digest.data(whole, at[i - 1] as number, at[i] as number);
      });
      return sameAnswer(one, other);
    }),
  );
});

t.test('any other byte, order or length makes another answer', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, by) => {
      const whole = Buffer.from(bytes);
      const changed = Buffer.from(bytes);
      changed[at % changed.length] = (changed[at % changed.length] as number) ^ by;
      const one = sum((digest) => digest.data(whole, 0, whole.length));
      const shorter = sum((digest) => digest.data(whole, 0, whole.length - 1));
      return (
        !sameAnswer(
          one,
          sum((digest) => digest.data(changed, 0, changed.length)),
        ) && !sameAnswer(one, shorter)
      );
    }),
  );
});

t.test('of an OK: affected rows, insert id and warnings count; status flags, texts and trackers do not', async (t) => {
  const one = sum((digest) => digest.reply('ok', ok({ affectedRows: 3n, insertId: 70_000n })));
  const same = sum((digest) =>
    digest.reply('ok', ok({ affectedRows: 3n, insertId: 70_000n, statusFlags: 0x4003, info: Buffer.from('x') })),
  );
  t.ok(sameAnswer(one, same));
  for (const other of [{ affectedRows: 4n, insertId: 70_000n }, { affectedRows: 3n }, { affectedRows: 3n, insertId: 70_000n, warnings: 1 }])
    t.notOk(
      sameAnswer(
        one,
        sum((digest) => digest.reply('ok', ok(other))),
      ),
    );
});

t.test('of an ERR: its code, not its text', async (t) => {
  const err = (code: number, message: string) => encodeFrames(encodeErr({ code, sqlState: '23000', message }, Capability.PROTOCOL_41), 1);
  const one = sum((digest) => digest.reply('err', err(1062, "Duplicate entry '1'")));
  t.ok(
    sameAnswer(
      one,
      sum((digest) => digest.reply('err', err(1062, 'Doppelt'))),
    ),
  );
  t.notOk(
    sameAnswer(
      one,
      sum((digest) => digest.reply('err', err(1048, "Duplicate entry '1'"))),
    ),
  );
});

t.test('the old EOF: warnings count, status flags do not', async (t) => {
  const eof = (warnings: number, flags: number) => Buffer.from([5, 0, 0, 9, 0xfe, warnings, 0, flags, 0]);
  const one = sum((digest) => digest.reply('eof', eof(0, 2)));
  t.ok(
    sameAnswer(
      one,
      sum((digest) => digest.reply('eof', eof(0, 3))),
    ),
  );
  t.notOk(
    sameAnswer(
      one,
      sum((digest) => digest.reply('eof', eof(1, 2))),
    ),
  );
});

t.test('a request for a file cannot be compared', async (t) => {
  const digest = new AnswerDigest();
  digest.reply('local-infile', Buffer.from([2, 0, 0, 1, 0xfb, 0x78]));
  t.ok(digest.isUnclear);
  digest.begin();
  t.notOk(digest.isUnclear);
});
