/** What is said of keys that a task file must not have. */
import * as l10n from '@vscode/l10n';

/** Whose keys are spoken of. */
export type KeyOwner =
  | { readonly kind: 'front' }
  | { readonly kind: 'value'; readonly of: string }
  | { readonly kind: 'input'; readonly of: string };

export function oddKeyText(owner: KeyOwner): string {
  switch (owner.kind) {
    case 'front':
      return l10n.t('A key of front matter must be a plain name.');
    case 'value':
      return l10n.t('A key of "{0}" must be a plain name.', owner.of);
    case 'input':
      return l10n.t('A key of the input "{0}" must be a plain name.', owner.of);
  }
}

export function unknownKeyText(owner: KeyOwner, key: string): string {
  switch (owner.kind) {
    case 'front':
      return l10n.t('"{0}" is not known in front matter.', key);
    case 'value':
      return l10n.t('"{0}" is not known in "{1}".', key, owner.of);
    case 'input':
      return l10n.t('"{0}" is not known in the input "{1}".', key, owner.of);
  }
}
