/** Facts with what a sample says: for analysis, never to decide. */
import type { SampleFacts } from '../../policy/condition-descriptor.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';

/** Groups of facts are merged member by member. */
export function overlay(base: UserFacts, sample: SampleFacts): UserFacts {
  return {
    ...base,
    ...sample,
    request: { ...base.request, ...sample.request },
    network: { ...base.network, ...sample.network },
    device: { ...base.device, ...sample.device },
    subject: { ...base.subject, ...sample.subject },
  };
}
