/** The rows of the models view, as VS Code hands them to commands. Pure. */
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { ModelInstance } from '../../llm/lmstudio/model';
import type { ModelGroup } from './modelRows';

/** `server`: its name in the settings; undefined: the main one. */
export type ModelNode =
  | { readonly kind: 'server'; readonly server?: string | undefined }
  | { readonly kind: 'note'; readonly server?: string | undefined }
  | { readonly kind: 'group'; readonly server?: string | undefined; readonly group: ModelGroup }
  | { readonly kind: 'model'; readonly server?: string | undefined; readonly model: CatalogModel }
  | {
      readonly kind: 'instance';
      readonly server?: string | undefined;
      readonly model: CatalogModel;
      readonly instance: ModelInstance;
    };

/** A row of a model, or of one of its copies. */
export type OneModelNode = Extract<ModelNode, { kind: 'model' | 'instance' }>;

export function isModelNode(value: unknown): value is OneModelNode {
  const kind = kindOf(value);
  return kind === 'model' || kind === 'instance';
}

/** All rows of models that are selected with this one; empty where it is alone, or outside of the selection. */
export function rowsWith(node: unknown, selection: unknown): readonly OneModelNode[] {
  const rows = Array.isArray(selection) ? selection.filter(isModelNode) : [];
  // VS Code gives the selection even where the menu was opened on a row outside of it.
  return rows.length > 1 && (node === undefined || rows.some((row) => row === node)) ? rows : [];
}

/** The row of a server, or of what is wrong with it. */
export function isServerNode(value: unknown): value is Extract<ModelNode, { kind: 'server' | 'note' }> {
  const kind = kindOf(value);
  return kind === 'server' || kind === 'note';
}

/** Of a model's row, or of a copy's. */
export function keyOfNode(node: unknown): string | undefined {
  return isModelNode(node) ? node.model.key : undefined;
}

function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined;
}
