/** About three megabytes of vectors. */
const MAX_VECTORS = 1_000;

/** Vectors of length 1 of tools, by model and definition; the oldest go first. */
export class VectorCache {
  readonly #vectors = new Map<string, Float32Array>();

  get(key: string): Float32Array | undefined {
    return this.#vectors.get(key);
  }

  set(key: string, vector: Float32Array): void {
    this.#vectors.set(key, vector);
    for (const oldest of this.#vectors.keys()) {
      if (this.#vectors.size <= MAX_VECTORS) break;
      this.#vectors.delete(oldest);
    }
  }
}
