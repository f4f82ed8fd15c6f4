/** Texts that are read again and again. */
import { expect, test } from '@jest/globals';
import { parsedOnce } from '../../../src/core/model/cached-parse.ts';

/** A parser, and the texts that it has read. */
function counting() {
  const read: string[] = [];
  const parse = parsedOnce((text: string) => {
    read.push(text);
    if (text === '') throw new TypeError('nothing is there');
    return { text };
  });
  return { read, parse };
}

test('a text is read once, and gives one object', () => {
  const { read, parse } = counting();
  const first = parse('a');
  expect(parse(['a'].join(''))).toBe(first);
  expect(parse('b')).toEqual({ text: 'b' });
  expect(parse('a')).toBe(first);
  expect(read).toEqual(['a', 'b']);
});

test('what cannot be read fails each time', () => {
  const { read, parse } = counting();
  expect(() => parse('')).toThrow('nothing is there');
  expect(() => parse('')).toThrow('nothing is there');
  expect(read).toEqual(['', '']);
});

test('the oldest of more than 64 texts is forgotten', () => {
  const { read, parse } = counting();
  const texts = Array.from({ length: 65 }, (_, number) => `${number}`);
  for (const text of texts) parse(text);
  parse('64');
  parse('1');
  expect(read).toEqual(texts);
  parse('0');
  expect(read).toEqual([...texts, '0']);
});
