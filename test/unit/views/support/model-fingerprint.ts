/**
 * Fingerprints of the models of templates: a hash over the declarations that a model is made of, without comments and
 * white space.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Declarations of interfaces and types by name, as one line of code each. */
type Declarations = ReadonlyMap<string, string>;

/**
 * The fingerprint of each member of the interface `table`, which maps names of templates to their models. `files`
 * declare all of them.
 */
export function modelFingerprints(files: readonly string[], table: string): ReadonlyMap<string, string> {
  const declarations = new Map(files.flatMap((file) => declarationsIn(readFileSync(file, 'utf8'))));
  const body = declarations.get(table);
  if (body === undefined) throw new Error(`no interface ${table}`);
  return new Map(
    [...body.matchAll(/readonly '?([a-z./-]+)'?: ?([^;]+);/g)].map(([, name = '', model = '']) => [
      name,
      createHash('sha256').update(withDependencies(model, declarations)).digest('hex').slice(0, 12),
    ]),
  );
}

/** The type, and each declaration that it leads to, once. */
function withDependencies(type: string, declarations: Declarations): string {
  const found = new Map<string, string>([['', type]]);
  for (const text of found.values())
    for (const [name] of text.matchAll(/\b[A-Z]\w*/g)) {
      const declared = declarations.get(name);
      if (declared !== undefined) found.set(name, declared);
    }
  return [...found]
    .map(([name, text]) => `${name}=${text}`)
    .sort()
    .join('\n');
}

function declarationsIn(source: string): readonly (readonly [string, string])[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, ' ').replaceAll(/\s+/g, ' ');
  return [...code.matchAll(/(?:export )?(?:interface|type) (\w+)/g)].map((found) => [
    found[1] ?? '',
    declarationAt(code, found.index + found[0].length),
  ]);
}

/** Up to the brace that closes the first one, or to a semicolon outside of braces. */
function declarationAt(code: string, start: number): string {
  let depth = 0;
  for (let at = start; at < code.length; at += 1) {
    const sign = code[at];
    if (sign === '{') depth += 1;
    if (sign === '}') depth -= 1;
    if ((sign === '}' && depth === 0 && !/^ (?:&|\[|\|)/.test(code.slice(at + 1))) || (sign === ';' && depth === 0))
      return code
        .slice(start, at + 1)
        .replaceAll(' ', '')
        .replaceAll('readonly', 'readonly ');
  }
  return code.slice(start);
}
