/** Rules that never hold where they would decide, and deny all the same: where their expression fails. */
import { describe, expect, test } from '@jest/globals';
import { findings, rest, rules, settings } from '../../support/lock-out-files.ts';

describe('a rule that decides only where its expression fails', () => {
  const signOn = 'policies/sign-on/notes.yaml';
  const found = async (...all: readonly string[]) => {
    const files = {
      'stepgate.yaml': `${settings}attributes: { unit: {}, ends: { label: { en: End }, type: date } }\n`,
      [signOn]: `name: notes\n${rules(...all, rest)}`,
    };
    const codes = ['shadowed', 'contradictory', 'unguarded-read', 'past'];
    const some = (await findings(files)).filter(({ code }) => codes.includes(code));
    return some.map(({ severity, code, line, message, advice }) => ({ severity, code, line, message, advice }));
  };
  const twoFactors = 'then: { allow: { factors: 2 } }';
  const hr = `{ name: Hr, when: { expression: 'user.profile.unit == "hr"' }, ${twoFactors} }`;
  const unit = (then = twoFactors) => `{ name: Unit, when: { attributes: { unit: { present: true } } }, ${then} }`;

  test.each([
    ['warning', twoFactors],
    ['error', 'then: deny'],
  ])('it is said that it does, and what removing it would mean: %s', async (severity, then) => {
    expect(await found(unit(then), hr)).toMatchObject([
      {
        ...{ severity, code: 'shadowed', line: 4 },
        message:
          'never decides as it says: the rule "Unit" in line 3 takes all its cases. It decides only where its expression fails, and denies then',
        advice:
          'put `has()` before what it reads and move it above, or narrow the rules before it. Remove it only if the rules below may let those users in',
      },
      { code: 'unguarded-read', line: 4 },
    ]);
  });

  test('one that contradicts itself', async () => {
    expect(
      await found(
        `{ name: Both, when: { expression: 'user.profile.unit == "a" && user.profile.unit == "b"' }, ${twoFactors} }`,
      ),
    ).toMatchObject([
      {
        ...{ severity: 'error', code: 'contradictory', line: 3 },
        message:
          'never applies: `expression` can never hold here. It decides only where its expression fails, and denies then',
        advice:
          'correct one of these conditions, and put `has()` before what it reads. Remove it only if the rules below may let those users in',
      },
      { code: 'unguarded-read', line: 3 },
      { code: 'unguarded-read', line: 3 },
    ]);
  });

  const fails = 'It decides only where its expression fails, and denies then';
  const mayFail = 'It decides at most where its expression fails, and denies then';
  const many = 'size(user.identifiers) > 1';
  const long = 'size(user.userType) > 3';
  const grouped = 'size(user.groups) > 1';
  test.each([
    ['shown by a user', `${long} && !(${long})`, `never applies: \`expression\` can never hold here. ${fails}`],
    [
      'no user is known',
      `${grouped} && !(${grouped})`,
      `never applies: \`expression\` can never hold here. ${mayFail}`,
    ],
    [
      'something else decides first',
      `!has(user.profile.unit) && ${long}`,
      'never decides: the rule "None" in line 3 takes all its cases',
    ],
    ['the same has failed before', many, 'never decides: the rule "Many" in line 4 takes all its cases'],
  ])('an opaque part may fail: %s', async (_, expression, message) => {
    const rule = (name: string, when: string) => `{ name: ${name}, when: { ${when} }, ${twoFactors} }`;
    const all = [
      rule('None', 'attributes: { unit: { present: false } }'),
      rule('Many', `expression: '${many}'`),
      rule('Failing', `expression: '${expression}'`),
    ];
    expect((await found(...all)).filter(({ line, code }) => line === 5 && code !== 'unguarded-read')).toMatchObject([
      { message },
    ]);
  });

  test('one that only reports', async () => {
    expect(await found(unit(), hr.replace('when:', 'reportOnly: true, when:'))).toMatchObject([
      {
        message:
          'never reports as it says: the rule "Unit" in line 3 takes all its cases. It reports only where its expression fails, and reports a denial then',
      },
      { code: 'unguarded-read' },
    ]);
  });

  test('one whose days are over', async () => {
    const ends = 'date(user.profile.ends)';
    const over = `{ name: Over, when: { expression: '${ends} > now && ${ends} < date("2026-01-01")' }, ${twoFactors} }`;
    expect(await found(over)).toMatchObject([
      {
        ...{ severity: 'warning', code: 'past', line: 3 },
        message:
          'never applies any more, as its days are over: `expression` can never hold here. It decides only where its expression fails, and denies then',
        advice:
          'set later days, and put `has()` before what it reads. Remove it only if the rules below may let those users in',
      },
      { code: 'unguarded-read', line: 3 },
      { code: 'unguarded-read', line: 3 },
    ]);
  });

  test('one with a guard never decides', async () => {
    const guarded = hr.replace('user.', 'has(user.profile.unit) && user.');
    expect(await found(unit(), guarded)).toMatchObject([
      { code: 'shadowed', message: 'never decides: the rule "Unit" in line 3 takes all its cases' },
    ]);
  });
});
