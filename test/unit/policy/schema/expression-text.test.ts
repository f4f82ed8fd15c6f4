/** The text of a part of an expression: the analysis evaluates it in place of the part. */

import { describe, expect, test } from '@jest/globals';
import type { ASTNode } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { constantOf } from '../../../../src/policy/schema/expressions/constants.ts';
import { compileExpression } from '../../../../src/policy/schema/expressions/expression.ts';
import { childrenOf, untypedEnvironment } from '../../../../src/policy/schema/expressions/expression-environment.ts';
import { textOfNode } from '../../../../src/policy/schema/expressions/expression-text.ts';
import { seeded } from '../../../core/support/seeded.ts';
import { load } from '../support/configuration-dir.ts';

const astOf = (written: string) => untypedEnvironment.parse(written).ast;

/** The node without its location. `&&` and `||` in the order of their operands. */
function shapeOf(node: ASTNode): unknown {
  if (node.op === '&&' || node.op === '||') return [node.op, operandsOf(node, node.op).map(shapeOf)];
  if (node.op === 'value') return [node.op, node.args];
  const names = [node.args].flat().filter((part) => typeof part === 'string');
  return [node.op, names, childrenOf(node).map(shapeOf)];
}

function operandsOf(node: ASTNode, op: string): readonly ASTNode[] {
  return node.op === op ? childrenOf(node).flatMap((child) => operandsOf(child, op)) : [node];
}

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('😀', '\ud83d', '"', "'", '\\', '\n\r\t\b\f\v\0\u007f', 'é', '\u2028', '{{', '\\u0041'),
);
/** Written with all parentheses, so that the parser reads them as they were made. */
const expressions = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'user.groups', 'true', 'null', 'b"a\\xff"', '7u', '0x1f', '12'),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }).map((number) => {
      const written = `${number}`;
      return /^\d+$/.test(written) ? `${written}.0` : written;
    }),
    texts.map((text) =>
      JSON.stringify(text).replace(/\\u(d[89a-f]..)/g, (_, code) => String.fromCharCode(`0x${code}` as never)),
    ),
    fc
      .tuple(
        tie('node'),
        fc.constantFrom('==', '!=', '<', '<=', '>', '>=', 'in', '+', '-', '*', '/', '%', '&&', '||'),
        tie('node'),
      )
      .map(([left, op, right]) => `(${left}) ${op} (${right})`),
    fc.tuple(fc.constantFrom('!', '-'), tie('node')).map(([op, node]) => `${op}(${node})`),
    fc
      .tuple(tie('node'), tie('node'), tie('node'))
      .map(([condition, yes, no]) => `(${condition}) ? (${yes}) : (${no})`),
    tie('node').map((node) => `(${node}).field`),
    fc.tuple(tie('node'), tie('node')).map(([node, index]) => `(${node})[${index}]`),
    fc.tuple(tie('node'), tie('node')).map(([node, part]) => `(${node}).contains(${part})`),
    fc.tuple(tie('node'), tie('node')).map(([node, asked]) => `(${node}).exists(m, ${asked})`),
    tie('node').map((node) => `size(${node})`),
    fc.array(tie('node'), { maxLength: 3 }).map((nodes) => `[${nodes.join(', ')}]`),
    fc.tuple(tie('node'), tie('node')).map(([key, value]) => `{${key}: ${value}}`),
  ),
})).node;

test('reads as the same part, whatever it is made of', () => {
  let read = 0;
  const isWithinLimits = (written: string) => {
    try {
      return astOf(written) !== undefined;
    } catch (error) {
      if (/maxDepth|maxAstNodes/.test(String(error))) return false;
      throw error;
    }
  };
  fc.assert(
    fc.property(expressions, (written) => {
      fc.pre(isWithinLimits(written));
      const ast = astOf(written);
      expect(shapeOf(astOf(textOfNode(ast)))).toEqual(shapeOf(ast));
      read += 1;
    }),
    seeded(2000),
  );
  expect(read).toBeGreaterThan(500);
});

test.each([
  ['a && (b && c) || !(d == e)', 'a && b && c || !(d == e)'],
  ['(a||b)&&c', '(a || b) && c'],
  ['1 - (2 - 3)', '1 - (2 - 3)'],
  ['(1 - 2) - 3', '1 - 2 - 3'],
  ['2 * (7 % 4)', '2 * (7 % 4)'],
  ['-(a ? 1 : 2)', '-(a ? 1 : 2)'],
  ['(-a).b', '(-a).b'],
  ['"😀" in user.groups', '"😀" in user.groups'],
  ['1e21 < 1e-10', '1e+21 < 1e-10'],
  ['a.map(b, {b: [3.0]})[0]', 'a.map(b, {b: [3.0]})[0]'],
])('%s is written %s', (written, expected) => {
  expect(textOfNode(astOf(written))).toBe(expected);
});

describe('so that a part comes to what the expression comes to:', () => {
  test.each([
    ['1 - (2 - 3) == 2', true],
    ['2 * (7 % 4) == 6', true],
    ['1e-10 > 0.0', true],
    ['0.12345678901 == 0.123456789', false],
    ['"😀".size() == 1', true],
    ['duration("3h") - (duration("2h") - duration("1h")) == duration("2h")', true],
  ])('%s', (written, value) => {
    expect(constantOf(astOf(written))).toEqual({ value });
    expect(compileExpression(written).logic).toEqual(value ? { all: [] } : { any: [] });
  });
});

test.each([
  'device.os.startsWith("😀")',
  'request.clientId.startsWith("😀")',
  '["🚀 team", "staff"].exists(g, g in user.groups)',
  'user.groups.exists(g, g in ["🚀 team", "staff"])',
  'has(user.profile.level) && user.profile.level in [1e21, 2.0]',
  'has(user.profile.level) && user.profile.level > 1e-10 * 2.0',
])('a configuration with %s is read', async (written) => {
  const loaded = await load({
    'stepgate.yaml': 'brand: { name: Test }\nattributes: { level: { type: number, label: { en: Level } } }\n',
    'policies/sign-on/notes.yaml': `name: notes
rules:
  - { name: A, when: { expression: '${written}' }, then: { allow: { factors: 2 } } }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
  });
  expect(loaded.ok ? [] : loaded.findings).toEqual([]);
});
