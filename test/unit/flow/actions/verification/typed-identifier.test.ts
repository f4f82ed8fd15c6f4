/** What was typed on the first page: its readings, and the account that one of them names. */

import { describe, expect, test } from '@jest/globals';
import {
  keysOf,
  namedAccount,
  spellingsOf,
  typedIdentifier,
} from '../../../../../src/flow/actions/verification/typed-identifier.ts';
import type { App } from '../../../../../src/policy/model/app.ts';
import type { Settings } from '../../../../../src/policy/model/settings.ts';
import { identifierKey, userKey } from '../../../../../src/stores/keys.ts';
import { createWorld } from '../../sign-in-fixture.ts';

interface Kinds {
  /** Phone numbers identify users. */
  readonly phone?: boolean;
  readonly defaultCountry?: string;
  readonly by?: readonly string[];
}

function settingsWith({ phone = true, defaultCountry, by }: Kinds = {}): Settings {
  const attributes = { phone: { type: 'phone', identifies: phone }, badge: { type: 'string', identifies: true } };
  return {
    identify: { ...(defaultCountry !== undefined && { defaultCountry }), ...(by && { by }) },
    attributes: { attributes, closed: false },
  } as unknown as Settings;
}

describe('the readings of a text', () => {
  test.each<[string, string, Kinds, readonly string[] | string]>([
    ['a name', ' Ann ', {}, ['ann']],
    ['an address', 'Ann@Corp.Test', {}, ['ann@corp.test']],
    ['a number with country code', '+43 660 1234567', {}, ['+436601234567 number']],
    ['a number as it is stored', '+436601234567', {}, ['+436601234567 number']],
    [
      'a number of the default country',
      '06601234567',
      { defaultCountry: 'AT' },
      ['+436601234567 number', '06601234567'],
    ],
    ['digits without a default country', '06601234567', {}, ['06601234567']],
    ['a number where numbers identify nobody', '+436601234567', { phone: false }, ['+436601234567']],
    ['a number that its country does not have', '+1555', {}, ['+1555']],
    ['nothing', '  ', {}, 'empty'],
    ['what no identifier contains', 'a\u0000b', {}, 'forbidden_character'],
  ])('%s', (_, text, kinds, expected) => {
    const typed = typedIdentifier(text, settingsWith(kinds));
    const found = typed.ok
      ? typed.readings.map(({ value, isNumber }) => (isNumber ? `${value} number` : value))
      : typed.fault;
    expect(found).toEqual(expected);
  });

  test('of a node that knows no configuration yet are only the text', () => {
    expect(typedIdentifier('+436601234567', undefined)).toEqual({
      ok: true,
      readings: [{ value: '+436601234567', isNumber: false }],
    });
  });

  test('are spellings, beside the text itself', () => {
    const settings = settingsWith({ defaultCountry: 'AT' });
    expect(spellingsOf('06601234567', settings)).toEqual(['06601234567', '+436601234567', '06601234567']);
    expect(spellingsOf('', settings)).toEqual(['']);
  });
});

describe('the account that is named', () => {
  const number = '+436601234567';
  const digits = '06601234567';

  /** Ann has a number, a badge and a name; the name of another user may be the digits that she types. */
  async function named(text: string, kinds: Kinds, hasOther: boolean) {
    const world = createWorld();
    const identifiers = [number, 'b-7', 'ann'];
    await world.addUser('ann', [], { identifiers, profile: { phone: number, badge: 'B-7' } });
    for (const identifier of [number, 'b-7'])
      await world.write({
        op: 'put',
        key: identifierKey(identifier),
        value: JSON.stringify({ user: 'user-ann', at: 0 }),
        refs: [userKey('user-ann')],
      });
    if (hasOther) await world.addUser(digits, []);
    const settings = settingsWith({ defaultCountry: 'AT', ...kinds });
    const typed = typedIdentifier(text, settings);
    if (!typed.ok) throw new Error(typed.fault);
    const { entries } = await world.store.load(keysOf(typed));
    const found = namedAccount(entries, typed, { settings, app: {} as App });
    if (found === undefined) return 'no reading counts';
    expect(found.key).toBe(identifierKey(found.reading.value));
    return `${found.account?.user.id ?? 'no user'} by ${found.reading.value}`;
  }

  test.each<[string, string, Kinds, boolean, string]>([
    ['by a name', 'Ann', {}, false, 'user-ann by ann'],
    ['by a number', number, {}, false, `user-ann by ${number}`],
    ['by a number before the name of another user', digits, {}, true, `user-ann by ${number}`],
    ['by the digits, where the number is of no user', '06601234560', {}, false, 'no user by +436601234560'],
    [
      'by a name of digits, where numbers do not count',
      digits,
      { by: ['username'] },
      true,
      `user-${digits} by ${digits}`,
    ],
    ['by its number alone, where names do not count', digits, { by: ['phone'] }, true, `user-ann by ${number}`],
    ['by nothing, where the kind does not count', 'ann', { by: ['email'] }, false, 'no reading counts'],
    ['by an attribute that counts', 'B-7', { by: ['badge'] }, false, 'user-ann by b-7'],
    ['by an attribute that counts among others', 'B-7', { by: ['phone', 'badge'] }, false, 'user-ann by b-7'],
    ['by an attribute that does not count', 'B-7', { by: ['username'] }, false, 'no user by b-7'],
    ['by a name beside attributes that count alone', 'ann', { by: ['badge'] }, false, 'no user by ann'],
    ['by an unknown name', 'cat', {}, false, 'no user by cat'],
  ])('%s', async (_, text, kinds, hasOther, expected) => {
    expect(await named(text, kinds, hasOther)).toBe(expected);
  });
});
