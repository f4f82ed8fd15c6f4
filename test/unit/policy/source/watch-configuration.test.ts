/** Watching the files of a configuration. */
import { type FSWatcher, renameSync, watch } from 'node:fs';
import { cp, link as linkFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../../../src/errors.ts';
import { configurationState } from '../../../../src/policy/source/configuration-state.ts';
import { type WatchOptions, watchConfiguration } from '../../../../src/policy/source/watch-configuration.ts';
import { until } from '../../../support/values/until.ts';
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
      { since: await configurationState(dir), quiet: 20, onError: first.reject },
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
      { since: await configurationState(dir), quiet: 20, onError: failed.resolve },
    );
    await writeFile(join(dir, 'stepgate.yaml'), 'a: 1\n');
    expect(await failed.promise).toMatchObject({ message: 'broken' });
    await writeFile(join(dir, 'stepgate.yaml'), 'a: 2\n');
    await again.promise;
    stop();
  });
});

test('what failed for the store is tried again at the next look, and told once', async () => {
  await withConfiguration(validFiles, async (dir) => {
    let calls = 0;
    const outage = new StoreUnavailable('the disk is full');
    // Again after it was back, and for another reason, which is not tried again.
    const results: readonly (Error | undefined)[] = [outage, outage, outage, undefined, outage, new Error('broken')];
    const onChange = async () => {
      const result = results[calls];
      calls += 1;
      if (result) throw result;
    };
    const { errors, looks, stop } = await watching(dir, { interval: 1, quiet: 1 }, onChange);
    await writeFile(join(dir, 'stepgate.yaml'), 'a: 1\n');
    await until('it is tried until the store is back', () => calls >= 4);
    await looks(20);
    expect([calls, errors]).toEqual([4, ['the disk is full']]);
    await writeFile(join(dir, 'stepgate.yaml'), 'a: 1, b: 2\n');
    await until('it fails for another reason', () => calls >= 6);
    await looks(20);
    stop();
    expect([calls, errors]).toEqual([6, ['the disk is full', 'the disk is full', 'broken']]);
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
    const link = join(dir, 'policies');
    await rename(link, join(dir, '..before'));
    await cp(join(dir, '..before'), join(dir, '..next'), { recursive: true });
    await symlink('..before', link);
    await symlink('..next', join(dir, '..link'));
    await expectWatched(dir, () => rename(join(dir, '..link'), link));
  });
});

test('a directory is watched once, however many links lead to it, and only if the loader reads it', async () => {
  await withConfiguration(validFiles, async (dir) => {
    for (const name of ['.git/objects', 'apps/a/b/c/d/e', '..data/real/below'])
      await mkdir(join(dir, name), { recursive: true });
    await symlink('..', join(dir, 'apps/loop'));
    await symlink('..data/real', join(dir, 'linked'));
    await symlink('../linked', join(dir, 'policies/again'));
    await symlink('/', join(dir, 'outside'));
    const { watched, looks, stop } = await watching(dir, { interval: 1 });
    await looks(5);
    stop();
    const below = [
      'apps',
      'apps/a',
      'apps/a/b',
      'apps/a/b/c',
      'linked',
      'linked/below',
      'policies',
      'policies/sign-on',
    ];
    expect(watched.toSorted()).toEqual([dir, ...below.map((name) => join(dir, name))]);
  });
});

test('a change from before it watches counts', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const since = await configurationState(dir);
    await writeFile(join(dir, 'stepgate.yaml'), 'a: 1\n');
    const noticed = signal();
    const stop = watchConfiguration(dir, async () => noticed.resolve(), { since, quiet: 1, onError: noticed.reject });
    await noticed.promise;
    stop();
  });
});

test('a file that is written by another path is noticed', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const other = `${dir}-other.yaml`;
    await linkFile(join(dir, 'stepgate.yaml'), other);
    await expectNoticed(dir, () => writeFile(other, 'brand: { name: Other }\n'));
    await rm(other);
  });
});

/** Fails for these paths, as the limit of inotify does. */
const failing =
  (isFailing: (path: string) => boolean): NonNullable<WatchOptions['watch']> =>
  (path, options, onEvent) => {
    if (isFailing(path)) throw Object.assign(new Error(`no space left, watch '${path}'`), { code: 'ENOSPC' });
    return watch(path, options, onEvent);
  };

test('what can be watched stays watched where something else cannot, and only changes count', async () => {
  await withConfiguration(validFiles, async (dir) => {
    let changes = 0;
    const unwatched = failing((path) => path.includes('policies'));
    const onChange = async () => {
      changes += 1;
    };
    const { watched, errors, looks, stop } = await watching(dir, { interval: 1, quiet: 1, watch: unwatched }, onChange);
    await looks(20);
    expect(changes).toBe(0);
    expect(watched.toSorted()).toEqual([dir, join(dir, 'apps')]);
    expect(errors).toEqual([
      `the system does not watch 2 directories of ${dir}; changes there are looked for every 0.001 s`,
    ]);
    await writeFile(join(dir, 'policies/sign-on/notes.yaml'), 'name: other\n');
    await until('the change is noticed', () => changes > 0);
    stop();
  });
});

test('that directories cannot be watched is told once, and again after they could', async () => {
  await withConfiguration(validFiles, async (dir) => {
    let isFull = true;
    const { watched, errors, looks, stop } = await watching(dir, {
      interval: 1,
      quiet: 1,
      watch: failing(() => isFull),
    });
    await looks(10);
    expect(errors).toHaveLength(1);
    isFull = false;
    await until('all are watched', () => watched.length === 4);
    await looks(10);
    isFull = true;
    await mkdir(join(dir, 'brand'));
    await until('the second error', () => errors.length > 1);
    await looks(10);
    stop();
    expect(errors).toHaveLength(2);
  });
});

test('everything else goes on while it looks: each step is taken on a thread', async () => {
  await withConfiguration(validFiles, async (dir) => {
    let turns = 0;
    const count = () => {
      turns += 1;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    const { size } = await configurationState(dir);
    clearImmediate(immediate);
    expect(turns).toBeGreaterThanOrEqual(size);
  });
});

test('a look that does not end is the only one', async () => {
  await withConfiguration(validFiles, async (dir) => {
    const since = await configurationState(dir);
    let begun = 0;
    const look = () => {
      begun += 1;
      return new Promise<never>(() => undefined);
    };
    const onError = () => undefined;
    const stop = watchConfiguration(dir, async () => undefined, { since, interval: 1, look, onError });
    await pause(50);
    stop();
    expect(begun).toBe(1);
  });
});

/** `watched`: the paths that the system began to watch. `looks` waits for some more. */
async function watching(
  dir: string,
  { watch: start = watch, ...options }: Partial<WatchOptions>,
  onChange: () => Promise<void> = async () => undefined,
) {
  const watched: string[] = [];
  const errors: string[] = [];
  let looked = 0;
  const looks = (count: number) => {
    const last = looked + count;
    return until(`${count} looks`, () => looked >= last);
  };
  const stop = watchConfiguration(dir, onChange, {
    since: await configurationState(dir),
    onError: (error) => errors.push((error as Error).message),
    watch(path, persistence, onEvent): FSWatcher {
      const watcher = start(path, persistence, onEvent);
      watched.push(path);
      return watcher;
    },
    async look(path) {
      looked += 1;
      return configurationState(path);
    },
    ...options,
  });
  return { watched, errors, looks, stop };
}

async function expectNoticed(dir: string, change: () => Promise<void>): Promise<void> {
  const noticed = signal();
  const options = { since: await configurationState(dir), quiet: 20, interval: 20, onError: noticed.reject };
  const stop = watchConfiguration(dir, async () => noticed.resolve(), options);
  await change();
  await noticed.promise;
  stop();
}

/** The change is noticed, and so is each change of a file after it. */
async function expectWatched(dir: string, change: () => Promise<void>): Promise<void> {
  let noticed = signal();
  const onError = () => undefined;
  const options = { since: await configurationState(dir), quiet: 20, interval: 20, onError };
  const stop = watchConfiguration(dir, async () => noticed.resolve(), options);
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
