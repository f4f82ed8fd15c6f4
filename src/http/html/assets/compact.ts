/**
 * Removes comments and indentation from the shipped stylesheet and scripts. Every page loads them, and a page may have
 * 30 KB (decision 82). Tests compare the result with the source.
 */

/**
 * CSS without comments, line breaks and optional spaces. The source must have no string with two spaces or a comment in
 * it.
 */
export function compactStyles(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .trim();
}

/**
 * A script without indentation, and without comments on lines of their own. The source must have no multi-line
 * template.
 */
export function compactScript(script: string): string {
  return script
    .replace(/^\s*\/\*\*[\s\S]*?\*\/\s*$/gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^\s+/gm, '');
}
