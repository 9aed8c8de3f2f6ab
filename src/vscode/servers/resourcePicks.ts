/** How a person chooses what of a server goes along with a task. */
import * as l10n from '@vscode/l10n';
import type { McpConnection } from '../../mcp/connection';
import type { ServerResource, ServerResourceTemplate } from '../../mcp/resourceList';
import type { Choice, Dialogs } from '../dialogs';
import { askArguments } from './promptPicks';
import { shortText } from '../shortText';

type ResourceChoice = Choice &
  (
    | { readonly kind: 'resource'; readonly uri: string }
    | { readonly kind: 'template'; readonly template: ServerResourceTemplate }
    | { readonly kind: 'heading' }
  );

/** The addresses; undefined where a choice was closed. */
export async function pickResources(
  connection: Pick<McpConnection, 'offer' | 'complete'>,
  dialogs: Dialogs,
  title: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { resources, templates } = connection.offer;
  const heading: ResourceChoice = { kind: 'heading', label: l10n.t('To be filled in'), isHeading: true };
  const usable = templates.filter(({ uriTemplate }) => gapsOf(uriTemplate) !== undefined);
  const choices: ResourceChoice[] = [
    ...resources.map(resourceChoice),
    ...(usable.length > 0 ? [heading, ...usable.map(templateChoice)] : []),
  ];
  const placeholder = l10n.t('What should the model be given with the task? Tick it, then accept.');
  const chosen = await dialogs.pickMany(choices, { title, placeholder });
  if (!chosen || chosen.length === 0) return undefined;
  const uris: string[] = [];
  for (const choice of chosen) {
    if (choice.kind === 'resource') uris.push(choice.uri);
    if (choice.kind !== 'template') continue;
    const { uriTemplate } = choice.template;
    const gaps = (gapsOf(uriTemplate) ?? []).map((name) => ({ name, description: uriTemplate, isRequired: true }));
    const filled = await askArguments({ kind: 'template', uriTemplate }, gaps, connection, dialogs, signal);
    if (!filled) return undefined;
    uris.push(expand(uriTemplate, filled));
  }
  return uris;
}

const GAP = /\{([^{}]*)\}/g;

/** Of templates of the simple kinds `{name}` and `{+name}`; undefined where there is another kind (RFC 6570, 3.2). */
export function gapsOf(uriTemplate: string): readonly string[] | undefined {
  const gaps = [...uriTemplate.matchAll(GAP)].map(([, gap = '']) => gap.replace(/^\+/, ''));
  return gaps.every((gap) => /^\w+$/.test(gap)) ? [...new Set(gaps)] : undefined;
}

export function expand(uriTemplate: string, values: Readonly<Record<string, string>>): string {
  return uriTemplate.replace(GAP, (_, gap: string) => {
    const value = values[gap.replace(/^\+/, '')] ?? '';
    return gap.startsWith('+') ? encodeURI(value) : encodeURIComponent(value);
  });
}

function resourceChoice({ uri, name, title, description, mimeType }: ServerResource): ResourceChoice {
  return {
    kind: 'resource',
    uri,
    label: shortText(title ?? name, 100),
    description: [shortText(uri, 200), ...(mimeType === undefined ? [] : [shortText(mimeType, 50)])].join(' · '),
    ...(description === '' ? {} : { detail: shortText(description, 300) }),
  };
}

function templateChoice(template: ServerResourceTemplate): ResourceChoice {
  const { uriTemplate, name, title, description } = template;
  return {
    kind: 'template',
    template,
    label: shortText(title ?? name, 100),
    description: shortText(uriTemplate, 200),
    ...(description === '' ? {} : { detail: shortText(description, 300) }),
  };
}
