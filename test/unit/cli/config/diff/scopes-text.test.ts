/** The words for sets of scopes say in which sets something holds, and in no other ones. */
import { expect, test } from '@jest/globals';
import { scopeSetsText } from '../../../../../src/cli/config/diff/sign-ins/scopes-text.ts';

const names = ['address', 'email', 'profile'];
const subsetsOf = <Of>(all: readonly Of[]): readonly (readonly Of[])[] =>
  all.reduce<readonly (readonly Of[])[]>((some, name) => some.flatMap((each) => [each, [...each, name]]), [[]]);
const sets = subsetsOf(names);

/** Reads the words. */
function holdsIn(text: string): (scopes: readonly string[]) => boolean {
  const [, withText = '', without] = /^(with .*?)?(?:(?:, |^)without the scopes? (.*))?$/.exec(text) ?? [];
  const excluded = without === 'that rules name' ? names : (without?.split(' or ') ?? []);
  const one = /^with the scope (.*)$/.exec(withText)?.[1]?.split(' or ');
  const [, exactly, list] = /^with (exactly )?the scopes (.*)$/.exec(withText) ?? [];
  const listed = list?.split(/, or /).map((set) => (set === 'none that rules name' ? [] : set.split(' and ')));
  return (scopes) => {
    if (excluded.some((name) => scopes.includes(name))) return false;
    if (one !== undefined) return one.some((name) => scopes.includes(name));
    if (listed === undefined) return true;
    const isMet = (set: readonly string[]) => set.every((name) => scopes.includes(name));
    return listed.some((set) => isMet(set) && (!exactly || set.length === scopes.length));
  };
}

test('of three scopes, for each statement', () => {
  for (const own of subsetsOf(sets)) {
    if (own.length === 0 || own.length === sets.length) continue;
    const others = sets.filter((scopes) => !own.includes(scopes));
    const text = scopeSetsText(own, others);
    expect({ text, holds: sets.filter(holdsIn(text)) }).toEqual({
      text,
      holds: sets.filter((set) => own.includes(set)),
    });
  }
});

test.each([
  [
    'with the scopes address, or email and profile',
    [['address'], ['address', 'email'], ['address', 'profile'], ['email', 'profile'], names],
  ],
  ['with exactly the scopes address, or email and profile', [['address'], ['email', 'profile']]],
])('for example %s', (text, own) => {
  const keys = own.map((set) => set.join());
  const [inside, outside] = [true, false].map((is) => sets.filter((set) => keys.includes(set.join()) === is));
  expect(scopeSetsText(inside ?? [], outside ?? [])).toBe(text);
});
