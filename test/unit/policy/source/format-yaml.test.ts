/** The canonical form of files: it loses nothing, and there is one of it. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { signOnPolicySchema } from '../../../../src/policy/schema/policies/sign-on-policy.ts';
import { formatYaml } from '../../../../src/policy/source/format-yaml.ts';
import type { KeyOrder } from '../../../../src/policy/source/key-order.ts';
import { keyOrderOf } from '../../../../src/policy/source/key-order.ts';
import type { RenamedKey } from '../../../../src/policy/source/renamed-keys.ts';
import { seeded } from '../../../core/support/seeded.ts';

const signOn = keyOrderOf(signOnPolicySchema);

function format(text: string, order: KeyOrder = signOn, renames: readonly RenamedKey[] = []): string {
  const result = formatYaml('f.yaml', text, { order, renames });
  if (result.findings !== undefined) throw new Error(JSON.stringify(result.findings));
  return result.text;
}

test('keys come in the order of the schema, with the comments that are about them', () => {
  const written = `# yaml-language-server: $schema=x
rules:   # rules here
    - then: {  allow: {factors: 2, possession: {exclude: [email,phone]}} }   # then here
      # about the name
      name: "q"
      # end of the rule
    # about the second rule
    - then:  # on then
        allow: { factors: 2, # in flow
           possession: {maxAge: PT1H} }


      # the conditions
      when:
        # where
        network: {any: [office]}
        # who
        groups: {any: [a]}
        # end of the conditions

      name: w
    # end of the rules
# about the name of the policy
name:   wiki # wiki
# end
`;
  expect(format(written)).toBe(`# yaml-language-server: $schema=x
# about the name of the policy
name: wiki # wiki
rules:
  # rules here
  # about the name
  - name: "q"
    then: { allow: { factors: 2, possession: { exclude: [email, phone] } } } # then here
    # end of the rule
  # about the second rule
  - name: w

    # the conditions
    when:
      # who
      groups: { any: [a] }
      # where
      network: { any: [office] }
      # end of the conditions
    then:
      # on then
      allow:
        factors: 2 # in flow
        possession: { maxAge: PT1H }
  # end of the rules

# end
`);
});

test.each<[string, string, string]>([
  ['keys that the schema does not know stay behind', 'x: 1\nname: a\n', 'name: a\nx: 1\n'],
  [
    'names that an administrator chose keep their order',
    'name: a\nrules:\n- {zz: 1, a: 2}\n',
    'name: a\nrules:\n  - { zz: 1, a: 2 }\n',
  ],
  [
    'line ends, tabs at the end, empty lines and a byte order mark',
    '\uFEFFname: a\t\r\n\r\n\r\n\r\nrules: []\r\n\r\n',
    'name: a\n\nrules: []\n',
  ],
  [
    'quotes and blocks stay as they are',
    'name: \'a\'\nx: "b"\ny: |\n  # no comment\n  text\n',
    'name: \'a\'\nx: "b"\ny: |\n  # no comment\n  text\n',
  ],
  ['nothing is folded', `name: ${'long '.repeat(60)}end\n`, `name: ${'long '.repeat(60)}end\n`],
  ['references stay behind their anchors', 'rules: &r [a]\nname: *r\n', 'rules: &r [a]\nname: *r\n'],
  [
    'a head that an empty line parts is about the file',
    '# head\n\n# about the rules\nrules: []\nname: a\n',
    '# head\n\nname: a\n# about the rules\nrules: []\n',
  ],
  ['a head alone', '# head\n\n\n# more\n', '# head\n\n# more\n'],
  ['an empty file', '', ''],
  ['variables are not filled in', 'name: $' + '{NAME:-a}\n', 'name: $' + '{NAME:-a}\n'],
])('%s', (_, written, expected) => {
  expect(format(written)).toBe(expected);
  expect(format(expected)).toBe(expected);
});

test('what does not fit into a line of 120 characters becomes a block', () => {
  const groups = Array.from({ length: 12 }, (_, index) => `department-${index}`);
  const written = `name: a\nrules:\n  - { name: b, when: { groups: { any: [${groups}] } }, then: deny }\n`;
  const result = format(written);
  expect(result).toContain('  - name: b\n    when:\n      groups:\n        any:\n          - department-0\n');
  expect(parse(result)).toEqual(parse(written));
});

test.each<[string, string, string]>([
  ['no YAML', 'name: [a\n', 'f.yaml:1:9'],
  ['a key twice', 'name: a\nname: b\n', 'f.yaml:2:1 `name` stands twice in this mapping'],
  ['two documents', 'a: 1\n---\nb: 2\n', 'a file holds one document only'],
  [
    'a bomb',
    `a: &a [x]\n${Array.from({ length: 60 }, (_, i) => `k${i}: *a\n`).join('')}b: &b [*a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n`,
    'aliases blow the file up',
  ],
  ['too deep', `a: ${'['.repeat(20_000)}`, 'nested too deeply'],
])('%s is left alone, with a finding', (_, text, message) => {
  const { findings = [] } = formatYaml('f.yaml', text, { order: signOn, renames: [] });
  const lines = findings.map((finding) => `${finding.file}:${finding.line}:${finding.column} ${finding.message}`);
  expect(lines.join('\n')).toContain(message);
});

describe('an old name of a key', () => {
  const renames: readonly RenamedKey[] = [
    { kind: 'sign-on', in: ['rules', '*', 'then', 'allow'], from: 'factorCount', to: 'factors', since: '9.9' },
  ];

  test('becomes the new one, and keeps its comments', () => {
    const text =
      'name: a\nrules:\n  - name: b\n    then:\n      allow:\n        # how many\n        factorCount: 2 # two\n';
    const result = formatYaml('f.yaml', text, { order: signOn, renames, upgrade: true });
    expect(result).toEqual({
      text: text.replace('factorCount', 'factors'),
      renamed: [
        {
          file: 'f.yaml',
          line: 7,
          column: 9,
          path: '',
          message: '`factorCount` is called `factors` since 9.9',
          code: 'renamed-key',
          severity: 'warning',
          text: '        factorCount: 2 # two',
          rules: [],
          advice: 'let `config fmt --upgrade` write the new name',
        },
      ],
    });
  });

  test('next to the new one is a fault', () => {
    const text = 'name: a\nrules:\n  - name: b\n    then: { allow: { factors: 1, factorCount: 2 } }\n';
    expect(formatYaml('f.yaml', text, { order: signOn, renames }).findings).toEqual([
      expect.objectContaining({ line: 4, column: 34, advice: 'remove one of them', text: text.split('\n')[3] }),
    ]);
  });
});

/** A made-up language: mappings within lists within mappings, with an order of its own at every depth. */
const keys = ['delta', 'alpha', 'gamma', 'beta'];
const anyOrder: KeyOrder = { keys: ['alpha', 'beta', 'gamma'], at: () => anyOrder };

interface Tree {
  readonly pairs: readonly (readonly [string, string | readonly string[] | Tree | readonly Tree[]])[];
}

const { tree } = fc.letrec<{ tree: Tree; value: Tree['pairs'][number][1] }>((tie) => ({
  tree: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), tie('value')), { selector: ([name]) => name, minLength: 1 })
    .map((pairs): Tree => ({ pairs })),
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom('plain', '"quoted # no comment"', '12', 'true', '{ x: 1,  y: [ 2 ] }'),
    fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }),
    tie('tree'),
    fc.array(tie('tree'), { minLength: 1, maxLength: 2 }),
  ),
}));

/** What is written beside the keys, taken from a list of choices, so that a failure shrinks. */
class Scribe {
  readonly lines: string[] = [];
  readonly #choices: readonly number[];
  #count = 0;
  #comments = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  choose(of: number): number {
    this.#count += 1;
    return (this.#choices[this.#count % this.#choices.length] ?? 0) % of;
  }

  comment(what: string): string {
    this.#comments += 1;
    return `# ${this.#comments} ${what}`;
  }

  /** Empty lines and comments of their own. */
  above(indent: string, what: string): void {
    const above = this.choose(6);
    if (above === 4) this.lines.push('');
    if (above >= 3) this.lines.push(`${indent}${this.comment(what)}`);
    if (above === 5) this.lines.push(`${indent}${this.comment(what)}`);
  }

  tree({ pairs }: Tree, indent: string, lead = indent): void {
    for (const [index, [name, value]] of pairs.entries()) {
      const before = index === 0 ? lead : indent;
      if (before === indent) this.above(indent, `above ${name}`);
      const beside = this.choose(4) === 3 ? `  ${this.comment('beside')}` : '';
      if (typeof value === 'string') this.lines.push(`${before}${name}:  ${value}${beside}`);
      else if ('pairs' in value) {
        this.lines.push(`${before}${name}:${beside}`);
        this.tree(value, `${indent}   `);
      } else if (value.every((item) => typeof item === 'string'))
        this.lines.push(`${before}${name}: [${value}]${beside}`);
      else {
        this.lines.push(`${before}${name}:${beside}`);
        for (const item of value as readonly Tree[]) {
          this.above(`${indent}  `, 'above an item');
          this.tree(item, `${indent}    `, `${indent}  - `);
        }
        if (this.choose(5) === 4) this.lines.push(`${indent}  ${this.comment('at the end of a list')}`);
      }
    }
    if (this.choose(5) === 4) this.lines.push(`${indent}${this.comment('at the end')}`);
  }
}

function writtenTree(root: Tree, choices: readonly number[]): string {
  const scribe = new Scribe(choices);
  scribe.tree(root, '');
  return `${scribe.lines.join('\n')}\n`;
}

const texts = fc
  .tuple(tree, fc.array(fc.nat({ max: 59 }), { minLength: 1, maxLength: 40 }))
  .map(([root, choices]) => writtenTree(root, choices));

const comments = (text: string): readonly string[] => [...text.matchAll(/# \d+ .*$/gm)].map(([comment]) => comment);

test('whatever is written, content and comments stay, and the form is final', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const result = format(text, anyOrder);
      expect(parse(result)).toEqual(parse(text));
      expect([...comments(result)].sort()).toEqual([...comments(text)].sort());
      expect(format(result, anyOrder)).toBe(result);
    }),
    seeded(150),
  );
});

test('a comment above a key is above it afterwards', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const lines = format(`head: 1\n\n${text}`, anyOrder).split('\n');
      for (const [index, line] of lines.entries()) {
        const [, name] = /# \d+ above (alpha|beta|gamma|delta)$/.exec(line) ?? [];
        if (name === undefined) continue;
        const next = lines.slice(index).find((following) => !/^\s*(?:#.*)?$/.test(following));
        expect(next).toMatch(new RegExp(`^[ -]*${name}:`));
      }
    }),
    seeded(150),
  );
});
