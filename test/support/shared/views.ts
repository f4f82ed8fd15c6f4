/** The views that ship, read once for all nodes and tests of a process: that takes a quarter of the start of a node. */
import { loadViews, type Views } from '../../../src/operator-views.ts';

let views: Views | undefined;

export function sharedViews(): Views {
  views ??= loadViews();
  return views;
}
