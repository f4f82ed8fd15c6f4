/** Watching the files of a configuration. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { watchConfiguration } from '../../../../src/policy/source/watch-configuration.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

/** A promise and the way to fulfil it. */
function signal<T = void>() {
  return Promise.withResolvers<T>();
}

test('a change below the directory leads to one call after a pause; a change meanwhile to one more', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const calls: string[] = [];
    const [first, go, second] = [signal(), signal(), signal()];
    const stop = watchConfiguration(
      dir,
      async () => {
        calls.push('start');
        if (calls.length === 1) {
          first.resolve();
          await go.promise;
        } else second.resolve();
      },
      { quiet: 20, onError: first.reject },
    );
    await writeFile(join(dir, 'policies/sign-on/notes.yaml'), 'name: other\n');
    await first.promise;
    await writeFile(join(dir, 'apps/new.yaml'), 'clientId: new\n');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(calls).toHaveLength(1);
    go.resolve();
    await second.promise;
    stop();
  });
});

test('an error of the callback is reported, and watching continues', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const [failed, again] = [signal<unknown>(), signal()];
    let calls = 0;
    const stop = watchConfiguration(
      dir,
      async () => {
        calls += 1;
        if (calls === 1) throw new Error('broken');
        again.resolve();
      },
      { quiet: 20, onError: failed.resolve },
    );
    await writeFile(join(dir, 'stepgate.yaml'), 'a: 1\n');
    expect(await failed.promise).toMatchObject({ message: 'broken' });
    await writeFile(join(dir, 'stepgate.yaml'), 'a: 2\n');
    await again.promise;
    stop();
  });
});
