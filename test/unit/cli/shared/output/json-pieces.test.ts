/** JSON in pieces: together what `JSON.stringify` says, and each thing put together once. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonPieces } from '../../../../../src/cli/shared/output/json-pieces.ts';
import { seeded } from '../../../../core/support/seeded.ts';

const joined = (value: object) => [...jsonPieces(value)].join('');

test('together they are the JSON of the value', () => {
  const value = fc.jsonValue({ maxDepth: 6, depthSize: 'small' });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.option(value, { nil: undefined }), { maxKeys: 4 }), (data) => {
      const nested = { data, rows: [[[[data]]]] };
      expect(joined(nested)).toBe(JSON.stringify(nested));
    }),
    seeded(50),
  );
});

test('what is left out of JSON, and what says itself how it is written', () => {
  const data = { none: undefined, list: [undefined, null], at: new Date(0), empty: [{}, []] };
  expect(joined(data)).toBe(JSON.stringify(data));
});

test('what occurs in many rows is put together once', () => {
  let reads = 0;
  const outcomes = [
    {
      get zone() {
        reads += 1;
        return 'office';
      },
    },
  ];
  const rows = Array.from({ length: 100 }, () => ({ outcomes }));
  expect(joined({ matrix: { rows } })).toBe(
    `{"matrix":{"rows":[${rows.map(() => '{"outcomes":[{"zone":"office"}]}')}]}}`,
  );
  expect(reads).toBe(1);
});

test('long JSON is more than one piece, and short JSON is one', () => {
  const text = 'x'.repeat(100_000);
  const pieces = [...jsonPieces({ rows: Array.from({ length: 50 }, () => text) })];
  expect(pieces.length).toBeGreaterThan(3);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(2_000_000);
  expect([...jsonPieces({ ok: true })]).toEqual(['{"ok":true}']);
});
