/** What our assets lose before they are sent means nothing to a browser. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { tokenizer } from 'acorn';
import { compactScript, compactStyles } from '../../../src/http/html/assets/compact.ts';
import { viewsDir } from '../../support/pages/page-states.ts';

const assets = join(viewsDir, 'assets');
const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));

function tokensOf(script: string): readonly string[] {
  return [...tokenizer(script, { ecmaVersion: 'latest', sourceType: 'script' })].map(({ start, end }) =>
    script.slice(start, end),
  );
}

test.each(scripts)('%s has the same tokens, and no comment of its own line', (name) => {
  const source = readFileSync(join(assets, name), 'utf8');
  const compact = compactScript(source);
  expect(tokensOf(compact)).toEqual(tokensOf(source));
  expect(compact.length).toBeLessThan(source.length);
  expect(compact).not.toMatch(/^\s*(?:\/\/|\/\*)/m);
});

test('a script keeps what only looks like a comment', () => {
  expect(compactScript('  const a = "// b"; // c\n\n// d\n/** e\n * f */\n  g();\n')).toBe(
    'const a = "// b"; // c\ng();\n',
  );
});

test('a stylesheet loses comments and optional spaces, and keeps those that mean something', () => {
  const css = `/* a */
.b > .c,
.d :is(.e, .f):hover {
  margin: calc(1rem + 2px) auto; /* g */
  font-family: "SF Mono", monospace;
}
@media (height >= 30rem) {
  .h { color: color-mix(in srgb, red 5%, var(--card)); }
}
`;
  expect(compactStyles(css)).toBe(
    '.b>.c,.d :is(.e,.f):hover{margin:calc(1rem + 2px) auto;font-family:"SF Mono",monospace}' +
      '@media (height>= 30rem){.h{color:color-mix(in srgb,red 5%,var(--card))}}',
  );
});
