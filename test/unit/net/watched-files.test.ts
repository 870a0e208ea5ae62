import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { WatchedFiles } from '../../../src/net/watched-files.js';

const LOOK_MS = 20;

t.test('changes are seen, once each', async (t) => {
  const folder = t.testdir({ plain: 'one', v1: { file: 'a' }, v2: { file: 'b' } });
  const [plain, linked] = [join(folder, 'plain'), join(folder, 'linked')];
  await symlink(join(folder, 'v1'), join(folder, 'current'));
  await symlink(join('current', 'file'), linked);
  let changes = 0;
  const watched = new WatchedFiles([plain, linked, join(folder, 'not-there')], () => (changes += 1), LOOK_MS);
  t.teardown(() => watched.close());
  const seen = async (count: number, what: string) => {
    for (let turn = 0; turn < 500 && changes < count; turn += 1) await sleep(LOOK_MS);
    await sleep(5 * LOOK_MS);
    t.equal(changes, count, what);
  };
  await seen(0, 'nothing at the start');
  await writeFile(plain, 'two');
  await seen(1, 'written');
  await writeFile(join(folder, 'new'), 'two');
  await rename(join(folder, 'new'), plain);
  await seen(2, 'renamed over, the same text');
  await symlink(join(folder, 'v2'), join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, 'current'));
  await seen(3, 'a link in the middle of the path');
  await rm(plain);
  await seen(4, 'gone');
  await writeFile(plain, 'three');
  await mkdir(join(folder, 'not-there'));
  await seen(5, 'back, and another in the same moment');
  watched.close();
  await writeFile(plain, 'four');
  await seen(5, 'closed');
});
