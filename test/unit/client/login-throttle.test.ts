import t from 'tap';
import { LoginThrottle } from '../../../src/client/login-throttle.js';

t.test('tries side by side are counted before they are judged, once there were failures', async (t) => {
  let nowMs = 0;
  const throttle = new LoginThrottle(() => nowMs);
  const guess = () => {
    if (throttle.waitMs('a', 'u') > 0) return 'wait';
    return throttle.prepay('a', 'u') ? 'prepaid' : 'free';
  };
  t.same(
    Array.from({ length: 30 }, guess),
    Array.from({ length: 30 }, () => 'free'),
    'nobody is held back who never failed',
  );
  for (let round = 0; round < 10; round += 1) throttle.failed('a', 'u');
  const crowd = Array.from({ length: 100 }, guess);
  t.equal(crowd.filter((how) => how === 'prepaid').length, 10);
  t.equal(crowd.filter((how) => how === 'wait').length, 90);
  nowMs += 1000;
  t.equal(Array.from({ length: 100 }, guess).filter((how) => how !== 'wait').length, 2, 'two a second');
  t.equal(throttle.waitMs('b', 'u'), 0, 'from elsewhere');
  t.equal(throttle.waitMs('a', 'v'), 0, 'another account');
  throttle.succeeded('a', 'u');
  t.equal(guess(), 'free', 'a right password ends the count');
});

t.test('only so many pairs are remembered', async (t) => {
  const throttle = new LoginThrottle(() => 0);
  for (let round = 0; round < 20; round += 1) throttle.failed('first', 'u');
  t.ok(throttle.waitMs('first', 'u') > 0);
  for (let index = 0; index < 10_000; index += 1) throttle.failed(`127.0.0.${index}`, 'u');
  t.equal(throttle.waitMs('first', 'u'), 0, 'the oldest is forgotten');
});
