/** Sign-ins that rules do not tell apart are simulated once, and come to what each of them comes to alone. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../../src/authenticators/index.ts';
import { askedText, exclusionText } from '../../../../../src/cli/config/questions/asked-text.ts';
import {
  type AskedSignIns,
  groupsIn,
  type Outcome,
  questionAbout,
  signInsTo,
} from '../../../../../src/cli/config/questions/fresh-sign-ins.ts';
import { loadConfiguration } from '../../../../../src/policy/load.ts';
import type { App } from '../../../../../src/policy/model/app.ts';
import { findingLine } from '../../../../../src/policy/model/finding.ts';
import { type Snapshot, snapshotOfDocuments } from '../../../../../src/policy/revision/snapshot.ts';
import { userWith } from '../../../../core/support/fixtures.ts';
import { drawnFrom } from '../../../../core/support/seeded.ts';
import { removeDirectory } from '../../../../support/values/remove-directory.ts';

async function snapshotOf(dir: string): Promise<{ readonly snapshot: Snapshot; readonly apps: readonly App[] }> {
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingLine).join('\n'));
  const snapshot = await snapshotOfDocuments(loaded.documents, authenticatorKinds);
  const names = [...loaded.documents.values()].flatMap(({ kind, name }) => (kind === 'app' ? [name] : []));
  const apps = await Promise.all(names.map((name) => snapshot.app(name)));
  return { snapshot, apps: apps.flatMap((app) => app ?? []) };
}

const question = (apps: readonly App[], snapshot: Snapshot): Promise<AskedSignIns> =>
  questionAbout(apps, snapshot, {
    authenticators: authenticatorKinds,
    now: () => 1_800_000_000,
    openStore: () => Promise.reject(new Error('there is no store')),
    configDir: '',
    variables: {},
    stdout: () => undefined,
    setExitCode: () => undefined,
  });

/** One place at a time, and nothing that is known from another app or other groups. */
async function eachAlone(app: App, groups: readonly string[], asked: AskedSignIns): Promise<readonly Outcome[]> {
  const alone = asked.places.map(async (place) => {
    const outcomesOf = await signInsTo(app, { ...asked, places: [place], known: new Map() });
    return outcomesOf({ groups });
  });
  return (await Promise.all(alone)).flat();
}

const wordsOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => [outcome.zone, askedText(outcome), exclusionText(outcome), outcome.rule]);

test.each(['config', 'test/fixtures/recipes'])('%s', async (dir) => {
  const { snapshot, apps } = await snapshotOf(dir);
  const asked = await question(apps, snapshot);
  const groups = [[], ...(await groupsIn(apps, snapshot)).slice(0, 3).map((group) => [group])];
  for (const app of drawnFrom(apps)) {
    const outcomesOf = await signInsTo(app, asked);
    for (const own of groups)
      expect([app.clientId, own, wordsOf(await outcomesOf({ groups: own }))]).toEqual([
        app.clientId,
        own,
        wordsOf(await eachAlone(app, own, asked)),
      ]);
  }
});

const files = {
  'stepgate.yaml':
    'brand: { name: A }\nzones: { office: { cidrs: [192.0.2.0/24] }, lab: { cidrs: [198.51.100.0/24] } }\n',
  'policies/session.yaml':
    'rules:\n  - { name: All, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D } } }\n',
  'policies/sign-on/main.yaml':
    'name: main\nrules:\n  - { name: Staff, when: { groups: { any: [staff] }, network: { any: [office] } }, then: { allow: { factors: 1 } } }\n  - { name: Rest, then: { allow: { factors: 2 } } }\n',
  'policies/sign-on/formula.yaml':
    'name: formula\nrules:\n  - { name: Staff, when: { expression: \'"staff" in user.groups\' }, then: { allow: { factors: 1 } } }\n  - { name: Rest, then: { allow: { factors: 2 } } }\n',
};

const appFile = (name: string, policy: string, more = '') =>
  `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${policy}\n${more}client: { redirect_uris: [https://a.test/cb] }\n`;

describe('one simulation', () => {
  test('is for apps of one policy, and for the groups that no rule names', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'stepgate-same-'));
    try {
      for (const folder of ['apps', 'policies/sign-on']) await mkdir(join(dir, folder), { recursive: true });
      const apps = { a: appFile('a', 'main'), b: appFile('b', 'main'), c: appFile('c', 'main', 'firstParty: false\n') };
      const formulas = { d: appFile('d', 'formula'), e: appFile('e', 'formula') };
      const all = Object.entries({ ...apps, ...formulas }).map(([name, text]) => [`apps/${name}.yaml`, text] as const);
      for (const [name, text] of [...Object.entries(files), ...all]) await writeFile(join(dir, name), text);
      const { snapshot, apps: read } = await snapshotOf(dir);
      const asked = await question(read, snapshot);
      const outcomes = new Map<string, readonly Outcome[]>();
      for (const one of read)
        for (const group of ['staff', 'guests', 'others'])
          outcomes.set(`${one.clientId} ${group}`, await (await signInsTo(one, asked))({ groups: [group] }));
      const isOne = (a: string, b: string) => outcomes.get(a) === outcomes.get(b);
      expect(isOne('a staff', 'b staff')).toBe(true);
      expect(isOne('a guests', 'b others')).toBe(true);
      expect(isOne('a staff', 'a guests')).toBe(false);
      // Users are asked for consent there.
      expect(isOne('a staff', 'c staff')).toBe(false);
      const subject = userWith(['password'], { groups: ['staff'] });
      const real = new Map<string, readonly Outcome[]>();
      for (const one of read) real.set(one.clientId, await (await signInsTo(one, asked))({ subject }));
      expect(real.get('a')).toBe(real.get('b'));
      expect(real.get('a')).not.toBe(real.get('c'));
      expect(real.get('a')).not.toBe(outcomes.get('a staff'));
      expect(await (await signInsTo(read[0] as App, asked))({ subject: { ...subject, id: 'other' } })).not.toBe(
        real.get('a'),
      );
      // A formula may read anything.
      expect(isOne('d guests', 'd others')).toBe(false);
      expect(isOne('d staff', 'e staff')).toBe(true);
      const [elsewhere, office, lab] = outcomes.get('a staff') ?? [];
      expect([elsewhere?.zone, office?.zone, lab?.zone]).toEqual(['elsewhere', 'office', 'lab']);
      expect(lab?.steps).toBe(elsewhere?.steps);
      expect(office?.steps).not.toBe(elsewhere?.steps);
      // By the same rules, users in other groups are asked for the same.
      expect(outcomes.get('a guests')?.[0]?.steps).toBe(elsewhere?.steps);
      expect(outcomes.get('d guests')?.[0]?.steps).not.toBe(outcomes.get('d others')?.[0]?.steps);
    } finally {
      await removeDirectory(dir);
    }
  });
});
