/** Finds texts that occur twice among millions, without keeping them. */
import { createHash } from 'node:crypto';

/**
 * A set of texts that needs 16 to 32 bytes per text: an open hash table of 53-bit fingerprints. Among a million texts,
 * the chance that two different ones share a fingerprint is 1 in 18,000.
 */
export class FingerprintSet {
  #slots = new Float64Array(1024);
  #size = 0;

  has(text: string): boolean {
    const fingerprint = fingerprintOf(text);
    return this.#slots[slotOf(this.#slots, fingerprint)] === fingerprint;
  }

  add(text: string): void {
    const fingerprint = fingerprintOf(text);
    const slot = slotOf(this.#slots, fingerprint);
    if (this.#slots[slot] === fingerprint) return;
    this.#slots[slot] = fingerprint;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#grow();
  }

  #grow(): void {
    const slots = new Float64Array(this.#slots.length * 2);
    for (const fingerprint of this.#slots) {
      if (fingerprint !== 0) slots[slotOf(slots, fingerprint)] = fingerprint;
    }
    this.#slots = slots;
  }
}

/** From 1 to 2^53. 0 marks a free slot. */
function fingerprintOf(text: string): number {
  return Number(createHash('sha256').update(text).digest().readBigUInt64BE() >> 11n) + 1;
}

/** The slot that contains the fingerprint, or the free slot where it belongs. */
function slotOf(slots: Float64Array, fingerprint: number): number {
  let slot = fingerprint % slots.length;
  while (slots[slot] !== 0 && slots[slot] !== fingerprint) slot = (slot + 1) % slots.length;
  return slot;
}
