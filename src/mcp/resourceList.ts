import * as z from 'zod/v4';
import { listAll, type Listing, type ListRequest } from './listing';

/** Something that a server can be asked to read out. */
export interface ServerResource {
  readonly uri: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly description: string;
  readonly mimeType?: string | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
}

/** Resources whose addresses have gaps to fill in (RFC 6570). */
export interface ServerResourceTemplate {
  readonly uriTemplate: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly description: string;
  readonly mimeType?: string | undefined;
}

const MAX_WORDS = 2000;
/** Longer ones are no addresses. */
const MAX_URI = 4000;

const words = z
  .string()
  .transform((text) => text.slice(0, MAX_WORDS))
  .nullish()
  .catch(undefined);
const uri = z.string().min(1).max(MAX_URI);
const common = { name: words, title: words, description: words, mimeType: words };

const RESOURCES: Listing<ServerResource> = {
  method: 'resources/list',
  field: 'resources',
  noun: 'resource',
  schema: z
    .looseObject({ uri, ...common, size: z.number().nonnegative().nullish().catch(undefined) })
    .transform(({ uri: address, name, title, description, mimeType, size }) => ({
      uri: address,
      name: name ?? title ?? address,
      title: title ?? undefined,
      description: description ?? '',
      mimeType: mimeType ?? undefined,
      size: size ?? undefined,
    })),
  idOf: (resource) => resource.uri,
};

const TEMPLATES: Listing<ServerResourceTemplate> = {
  method: 'resources/templates/list',
  field: 'resourceTemplates',
  noun: 'resource template',
  schema: z
    .looseObject({ uriTemplate: uri, ...common })
    .transform(({ uriTemplate, name, title, description, mimeType }) => ({
      uriTemplate,
      name: name ?? title ?? uriTemplate,
      title: title ?? undefined,
      description: description ?? '',
      mimeType: mimeType ?? undefined,
    })),
  idOf: (template) => template.uriTemplate,
};

export function listResources(request: ListRequest): Promise<readonly ServerResource[]> {
  return listAll(RESOURCES, request);
}

export function listTemplates(request: ListRequest): Promise<readonly ServerResourceTemplate[]> {
  return listAll(TEMPLATES, request);
}
