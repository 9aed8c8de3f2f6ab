/** Keys of the models that are different now. Empty lists: what changed is something else, such as the server's health. */
export interface CatalogDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

interface Keyed {
  readonly key: string;
}

/** Models are compared by identity: the catalog keeps the object of a model that has not changed. */
export function diffModels(before: readonly Keyed[], after: readonly Keyed[]): CatalogDiff {
  const old = new Map(before.map((model) => [model.key, model]));
  const added: string[] = [];
  const changed: string[] = [];
  for (const model of after) {
    const known = old.get(model.key);
    if (!known) added.push(model.key);
    else if (known !== model) changed.push(model.key);
    old.delete(model.key);
  }
  return { added, removed: [...old.keys()], changed };
}

export function isEmptyDiff({ added, removed, changed }: CatalogDiff): boolean {
  return added.length + removed.length + changed.length === 0;
}
