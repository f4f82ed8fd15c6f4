/** Which states of pages show markup that no other state shows: they are worth a look at every rule. */
import { createRenderer } from '../../../src/http/html/render.ts';
import { pageStates, viewsDir } from './page-states.ts';

/**
 * The states, in their order, that show something that no state before them shows: templates that were not drawn
 * together yet, or a kind of element. A kind is a tag with the names of its attributes and with its classes, which
 * colour it: a field with an error is another kind than a field without.
 */
export function statesWithNewMarkup(): ReadonlySet<string> {
  const drawn = new Set<string>();
  const renderer = createRenderer({ viewsDir, drawn: (template) => drawn.add(template) });
  const known = new Set<string>();
  const found = new Set<string>();
  for (const [state, draw] of pageStates) {
    drawn.clear();
    const kinds = kindsOfElements(draw(renderer));
    for (const seen of [[...drawn].toSorted().join(), ...kinds]) {
      if (!known.has(seen)) found.add(state);
      known.add(seen);
    }
  }
  return found;
}

function kindsOfElements(html: string): readonly string[] {
  return (html.match(/<[a-z][^>]*>/gi) ?? []).map((tag) => tag.replaceAll(/(?<! class)="[^"]*"/g, ''));
}
