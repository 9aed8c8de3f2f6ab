/** How often each of a group's names came. */
export class Counts {
  readonly #groups = new Map<string, Map<string, number>>();

  get groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  add(group: string, name: string): void {
    const names = this.#groups.get(group) ?? new Map<string, number>();
    names.set(name, (names.get(name) ?? 0) + 1);
    this.#groups.set(group, names);
  }

  of(group: string): ReadonlyMap<string, number> {
    return this.#groups.get(group) ?? new Map<string, number>();
  }
}
