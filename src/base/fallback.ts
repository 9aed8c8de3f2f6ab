/**
 * Several ways to the same thing, the best first. The first that is there is taken and remembered; when it is not
 * there any more, the others are tried again in their order.
 */
export class Fallback<Way> {
  #chosen: Way | undefined;

  /** @param isMissing whether an error means that the way does not exist; every other error is the result. */
  constructor(
    private readonly ways: readonly Way[],
    private readonly isMissing: (error: unknown) => boolean,
  ) {}

  /** The way that worked last. */
  get chosen(): Way | undefined {
    return this.#chosen;
  }

  /** @throws what the way that was taken throws, or the last error where none of them is there. */
  async run<T>(attempt: (way: Way) => Promise<T>): Promise<T> {
    const known = this.#chosen;
    const ladder = known === undefined ? this.ways : [known, ...this.ways.filter((way) => way !== known)];
    let missing: unknown;
    for (const way of ladder) {
      try {
        const result = await attempt(way);
        this.#chosen = way;
        return result;
      } catch (error) {
        if (!this.isMissing(error)) throw error;
        missing = error;
      }
    }
    throw missing;
  }
}
