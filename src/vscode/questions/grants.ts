/** Everything that a person has allowed, in one list, where they can take it back. */
import * as l10n from '@vscode/l10n';
import type { Choice, Dialogs } from '../dialogs';

/** Something that was allowed. */
export interface Grant {
  /** What kind it is, as a heading. */
  readonly heading: string;
  readonly label: string;
  readonly description: string;
  revoke(): Promise<void>;
}

/** Shows what is allowed and takes away the chosen ones; running tasks ask again at once. */
export async function manageGrants(grants: readonly Grant[], dialogs: Dialogs): Promise<void> {
  if (grants.length === 0) {
    void dialogs.notify('info', l10n.t('Nothing is allowed beforehand: you are asked for everything.'));
    return;
  }
  const options = { title: l10n.t('Manage Approvals'), placeholder: l10n.t('This is allowed. Choose what to revoke') };
  const chosen = (await dialogs.pickMany(toChoices(grants), options)) ?? [];
  const revoked = chosen.flatMap(({ grant }) => grant ?? []);
  // One after the other: several can stand in the same place.
  for (const grant of revoked) await grant.revoke();
  if (revoked.length === 0) return;
  const names = revoked.map(({ label }) => label).join(', ');
  void dialogs.notify('info', l10n.t('Revoked: {0}. You will be asked again.', names));
}

function toChoices(grants: readonly Grant[]): readonly (Choice & { readonly grant?: Grant })[] {
  const headings = [...new Set(grants.map(({ heading }) => heading))];
  return headings.flatMap((heading) => [
    { label: heading, isHeading: true },
    ...grants
      .filter((grant) => grant.heading === heading)
      .map((grant) => ({ label: grant.label, description: grant.description, grant })),
  ]);
}
