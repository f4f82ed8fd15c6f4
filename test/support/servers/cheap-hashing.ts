/** Password hashes that cost next to nothing, for tests that are not about what a hash costs. */
import { type HashingCost, HashingQueue } from '../../../src/authenticators/shared/hashing-queue.ts';

export const cheapHashing: HashingCost = { memoryCost: 64, timeCost: 1, parallelism: 1 };

export function cheapQueue(): HashingQueue {
  return new HashingQueue({ cost: cheapHashing });
}
