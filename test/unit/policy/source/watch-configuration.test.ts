/** Watching the files of a configuration. */
import { renameSync, watch } from 'node:fs';
import { cp, rename, rm, symlink, writeFile } from 'node:fs/promises';
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

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test.each([
  ['it is moved away and back', 0, (away: string, dir: string) => rename(away, dir)],
  ['it is away for a while', 150, (away: string, dir: string) => rename(away, dir)],
  ['another directory takes its place', 0, (away: string, dir: string) => cp(away, dir, { recursive: true })],
])('watching continues when %s', async (_case, milliseconds, putThere) => {
  await withConfiguration(validFiles, async (dir) => {
    await expectWatched(dir, async () => {
      await rename(dir, `${dir}-away`);
      await pause(milliseconds);
      await putThere(`${dir}-away`, dir);
    });
    await rm(`${dir}-away`, { recursive: true, force: true });
  });
});

test('watching continues when a link leads elsewhere', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const link = `${dir}-current`;
    const lead = async (target: string) => {
      await symlink(target, `${link}-new`);
      await rename(`${link}-new`, link);
    };
    await lead(dir);
    await cp(dir, `${dir}-next`, { recursive: true });
    await expectWatched(link, () => lead(`${dir}-next`));
    await rm(link);
    await rm(`${dir}-next`, { recursive: true });
  });
});

test('watching continues when a directory below is swapped', async () => {
  await withConfiguration(validFiles, async (dir) => {
    await cp(join(dir, 'policies'), `${dir}-next`, { recursive: true });
    // Both at once, so that the watcher finds a directory each time it looks.
    await expectWatched(dir, async () => {
      renameSync(join(dir, 'policies'), `${dir}-before`);
      renameSync(`${dir}-next`, join(dir, 'policies'));
    });
    await rm(`${dir}-before`, { recursive: true });
  });
});

test('watching continues when a link below leads elsewhere', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const link = join(dir, 'policies/sign-on');
    await rename(link, `${dir}-before`);
    await cp(`${dir}-before`, `${dir}-next`, { recursive: true });
    await symlink(`${dir}-before`, link);
    await symlink(`${dir}-next`, `${dir}-link`);
    await expectWatched(dir, () => rename(`${dir}-link`, link));
    await rm(`${dir}-before`, { recursive: true });
    await rm(`${dir}-next`, { recursive: true });
  });
});

test('what cannot be watched is tried again, and each error is reported once', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const watched = signal();
    const errors: unknown[] = [];
    let tries = 0;
    const stop = watchConfiguration(dir, async () => undefined, {
      quiet: 1,
      interval: 1,
      onError: (error) => errors.push(error),
      watch: (path, options, onEvent) => {
        tries += 1;
        if (tries <= 3) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        watched.resolve();
        return watch(path, options, onEvent);
      },
    });
    await watched.promise;
    stop();
    expect(errors).toEqual([expect.objectContaining({ code: 'ENOSPC' })]);
  });
});

test('of many errors, none is kept for good', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const watched = signal();
    const errors: string[] = [];
    let tries = 0;
    const stop = watchConfiguration(dir, async () => undefined, {
      quiet: 1,
      interval: 1,
      onError: (error) => errors.push(String(error)),
      watch: (path, options, onEvent) => {
        tries += 1;
        if (tries <= 150) throw new Error(`no space left for ${tries % 120}`);
        watched.resolve();
        return watch(path, options, onEvent);
      },
    });
    await watched.promise;
    stop();
    // Twice after a hundred others, and the rest once.
    expect(errors.length).toBeGreaterThan(120);
    expect(errors.length).toBeLessThanOrEqual(150);
  });
});

/** The change is noticed, and so is each change of a file after it. */
async function expectWatched(dir: string, change: () => Promise<void>): Promise<void> {
  let noticed = signal();
  const onError = () => undefined;
  const stop = watchConfiguration(dir, async () => noticed.resolve(), { quiet: 20, interval: 20, onError });
  try {
    await change();
    await noticed.promise;
    for (const file of ['stepgate.yaml', 'policies/sign-on/notes.yaml']) {
      // What else is noticed of the change before.
      await pause(200);
      noticed = signal();
      await writeFile(join(dir, file), 'name: other\n');
      await noticed.promise;
    }
  } finally {
    stop();
  }
}
