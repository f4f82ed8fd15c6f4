/** The comments of a YAML text, whatever else is wrong with it. */
import { CST, Lexer } from 'yaml';

export interface YamlComment {
  /** With its `#`. */
  readonly text: string;
  /** Characters before it. */
  readonly offset: number;
}

/** Tokens of the lexer that stand for no text. */
const marks: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

export function commentsOf(text: string): readonly YamlComment[] {
  let offset = 0;
  return [...new Lexer().lex(text)].flatMap((token) => {
    const comment = { text: token.trimEnd(), offset };
    if (!marks.has(token)) offset += token.length;
    return token.startsWith('#') ? [comment] : [];
  });
}
