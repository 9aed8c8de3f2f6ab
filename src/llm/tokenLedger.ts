/** How many bytes of UTF-8 a token of each model stands for, as its server counted the last prompt. Kept for the life of a door. */
export class TokenLedger {
  readonly #models = new Map<string, number>();

  /** Undefined where no prompt of this model was counted yet. */
  bytesPerToken(key: string): number | undefined {
    return this.#models.get(key);
  }

  record(key: string, bytesPerToken: number): void {
    this.#models.set(key, bytesPerToken);
  }
}
