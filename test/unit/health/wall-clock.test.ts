import t from 'tap';
import { WallClock } from '../../../src/health/wall-clock.js';

t.test('a wall clock that is set is noticed, one that is corrected a little is not', async (t) => {
  const clock = new WallClock();
  const hourMs = 3_600_000;
  t.equal(clock.look(1_000, 1_700_000_000_000), 0, 'the first look compares with nothing');
  t.equal(clock.evenForMs(1_000), Number.POSITIVE_INFINITY, 'as far as is known');
  t.equal(clock.look(1_500, 1_700_000_000_520), 0, '20 ms in half a second');
  t.equal(clock.look(2_000, 1_700_000_001_020 - hourMs), -hourMs);
  t.equal(clock.evenForMs(2_600), 600);
  t.equal(clock.look(2_500, 1_700_000_001_520 - hourMs), 0, 'said once');
  t.equal(clock.look(32_500, 1_700_000_031_520 - hourMs), 0, 'a process that was stopped for half a minute has seen no step');
  t.equal(clock.look(33_000, 1_700_000_032_020), hourMs, 'set right again');
  t.equal(clock.evenForMs(34_000), 1_000);
});
