/** Templates as TypeScript, so that the compiler checks that each uses its model as it is. */

export interface TypedTemplate {
  /** Path below the folder of views, without `.ejs`. */
  readonly name: string;
  readonly source: string;
}

/** Tags of EJS: `<%`, then a sign, code, and an optional dash before `%>`. */
const tag = /<%([-=#]?)([\s\S]*?)-?%>/g;

/** A module with one function for each template. `models`: path of the module that exports the interface `table`. */
export function templatesAsTypeScript(
  templates: readonly TypedTemplate[],
  { models, table, helpers }: { readonly models: string; readonly table: string; readonly helpers: string },
): string {
  const functions = templates.map(
    ({ name, source }, index) => `// ${name}
export function template${index}(l: ${table}['${name}'] & TemplateHelpers<${table}>, out: (value: string | number | undefined) => void): void {
${statementsOf(source)}
}`,
  );
  return `import type { ${table} } from '${models}';\nimport type { TemplateHelpers } from '${helpers}';\n${functions.join('\n')}\n`;
}

/** The code of a template. What it prints is an argument of `out`, which takes texts and numbers only. */
function statementsOf(source: string): string {
  return [...source.matchAll(tag)]
    .map(([, sign, code = '']) => {
      if (sign === '#') return '';
      return sign === '' ? code.trim() : `out(${code.trim()});`;
    })
    .join('\n');
}

/** What a template does that belongs into its model: it computes, looks for something or puts texts together. */
export function computationsIn(source: string): readonly string[] {
  const code = [...source.matchAll(tag)].filter(([, sign]) => sign !== '#').map(([, , inside = '']) => inside);
  const patterns = [
    /\.(?:filter|map|join|split|slice|replace\w*|match|find\w*|includes|some|every)\(/,
    /\/.*\//,
    /`/,
    /' ?\+|\+ ?'/,
  ];
  return code.filter((text) => patterns.some((pattern) => pattern.test(text.replaceAll(/'[^']*'/g, "''"))));
}
