/** Every page in every state, with invented data, for `stepgate preview` and tests. */
import { accountSamples } from './account-samples.ts';
import { challengeSamples } from './challenge-samples.ts';
import { enrollSamples } from './enroll-samples.ts';
import { identifySamples } from './identify-samples.ts';
import { lastStepSamples } from './last-step-samples.ts';
import { type DrawPage, standaloneSamples } from './standalone-samples.ts';

type Pages = Readonly<Record<string, DrawPage>>;

function drawn<P>(pages: Readonly<Record<string, P>>, draw: (page: P) => DrawPage): Pages {
  return Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, draw(page)]));
}

const steps = (pages: Parameters<typeof drawn<(typeof identifySamples)[string]>>[0]): Pages =>
  drawn(pages, (page) => (renderer) => renderer.renderStep(page));

/** By group, as in a table of contents; within each, by name of the state. */
export const samplePageGroups: Readonly<Record<string, Pages>> = {
  'Who it is': steps(identifySamples),
  Proofs: steps(challengeSamples),
  'Setting up': steps(enrollSamples),
  'Before the app': steps(lastStepSamples),
  Account: drawn(accountSamples(), (page) => (renderer) => renderer.renderAccount(page)),
  'Links, errors, devices': standaloneSamples,
};

/** By name of the state. */
export const samplePages: ReadonlyMap<string, DrawPage> = new Map(
  Object.values(samplePageGroups).flatMap((pages) => Object.entries(pages)),
);
