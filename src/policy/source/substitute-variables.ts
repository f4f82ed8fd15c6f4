/** Replaces `${NAME}` and `${NAME:-default}` in the texts of the configuration. */

/** Values by name, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

const reference = /\$?\$\{([^{}]*)\}/g;
const form = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Fills in variables. A variable that is not set or empty takes its default; without a default it is a fault.
 * `$${NAME}` stands for `${NAME}` itself. The result stays one text: a value can never become YAML.
 */
export function substituteVariables(
  text: string,
  variables: Variables,
): { readonly text: string; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const filled = text.replace(reference, (whole, inside: string) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    const [, name = '', fallback] = form.exec(inside) ?? [];
    if (name === '') {
      faults.push(
        `\`${whole}\` is not a variable: write \${NAME} or \${NAME:-default}, or $\${...} for the characters themselves`,
      );
      return whole;
    }
    const value = (Object.hasOwn(variables, name) ? variables[name] : undefined) || fallback;
    if (value === undefined) faults.push(`the environment variable ${name} is not set, and there is no default`);
    return value ?? whole;
  });
  return { text: filled, faults };
}
