/** Times that an expression names. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { DateBound } from '../../../core/model/conditions.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import { dateSpan } from '../../../core/policy/values/date-bound.ts';
import { constantOf } from './constants.ts';

/** What `date("...")` or `timestamp("...")` says (epoch seconds). Undefined: it is not known, or no whole second. */
export function momentOf(node: ASTNode): Seconds | undefined {
  if (node.op !== 'call' || !['date', 'timestamp'].includes(node.args[0])) return undefined;
  const [text] = node.args[1];
  if (text?.op !== 'value' || typeof text.args !== 'string' || text.args.includes('.')) return undefined;
  // A timestamp has seconds (RFC 3339), or it fails.
  const fits = node.args[0] === 'date' || /T\d{2}:\d{2}:\d{2}/.test(text.args);
  return fits ? dateSpan(text.args)?.from : undefined;
}

/** A fixed moment, or `now`, perhaps with a duration, `later` seconds after that. Undefined: it is not known. */
export function boundAt(node: ASTNode, later: Seconds): DateBound | undefined {
  const moment = momentOf(node);
  if (moment !== undefined) return { written: '', from: moment + later, to: moment + later };
  const fromNow = secondsFromNow(node);
  return fromNow === undefined ? undefined : { written: '', fromNow: fromNow + later };
}

/** `now`, `now + duration("720h")`, `now - duration("720h")`. */
function secondsFromNow(node: ASTNode): Seconds | undefined {
  if (node.op === 'id') return node.args === 'now' ? 0 : undefined;
  if (node.op !== '+' && node.op !== '-') return undefined;
  const [now, length] = node.args;
  const seconds = now.op === 'id' && now.args === 'now' ? durationOf(length) : undefined;
  return seconds !== undefined && node.op === '-' ? -seconds : seconds;
}

/** Undefined: it is not known, or no whole second. */
function durationOf(node: ASTNode): Seconds | undefined {
  if (node.op !== 'call' || node.args[0] !== 'duration') return undefined;
  const constant = constantOf(node);
  // A duration is its milliseconds as a number.
  const seconds = constant && 'value' in constant ? Number(constant.value) / 1000 : Number.NaN;
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}
