import * as l10n from '@vscode/l10n';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import * as z from 'zod/v4';
import { deadline } from '../base/abort';
import type { Clock } from '../base/clock';
import type { Disposable } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { BridgeError, errorMessage } from '../base/errors';
import type { Logger } from '../base/logger';
import type { ListRequest } from './listing';
import { ListWatch } from './listWatch';
import { listPrompts } from './promptList';
import { listResources, listTemplates } from './resourceList';
import type { ServerOffer } from './serverState';
import { listTools } from './toolList';

/** A part of what a server offers that can change by itself. */
export type OfferPart = 'tools' | 'resources' | 'prompts';

type Lists = Pick<ServerOffer, 'tools' | 'resources' | 'templates' | 'prompts'>;

const PARTS: readonly OfferPart[] = ['tools', 'resources', 'prompts'];
/** What a server can do without. */
const ASIDE = ['resources', 'templates', 'prompts'] as const;
const NOTHING: Lists = { tools: [], resources: [], templates: [], prompts: [] };

/** For lists that a server can do without, in milliseconds. */
const SIDE_LIST_MS = 10_000;
const MAX_NAME = 200;
const MAX_INSTRUCTIONS = 20_000;

export interface OfferNeeds {
  readonly client: Client;
  readonly server: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For each request: ours is the clock, so the SDK's timer is set out of the way. */
  readonly timeout: number;
}

/** What one connected server offers, read at its start and again whenever it says that it has changed. */
export class Offer implements Disposable {
  readonly #changed = new Emitter<OfferPart>();
  readonly #ending = new AbortController();
  readonly #watches: readonly ListWatch[];
  #lists = NOTHING;

  /** A list was read again. */
  readonly onDidChange = this.#changed.event;

  constructor(private readonly needs: OfferNeeds) {
    const { client, clock } = needs;
    this.#watches = PARTS.map((part) => {
      const watch = new ListWatch(clock, () => this.#readAgain(part));
      const schema = z.looseObject({ method: z.literal(`notifications/${part}/list_changed`) });
      client.setNotificationHandler(schema, () => {
        if (this.#has(part)) watch.touch();
      });
      return watch;
    });
  }

  get now(): ServerOffer {
    const { client } = this.needs;
    const { title, name, version } = client.getServerVersion() ?? {};
    return {
      ...this.#lists,
      title: (title ?? name)?.slice(0, MAX_NAME),
      version: version?.slice(0, MAX_NAME),
      instructions: client.getInstructions()?.slice(0, MAX_INSTRUCTIONS),
    };
  }

  /** A server without its tools is none; without the other lists it still has tools. @throws what the list of tools throws */
  async read(signal: AbortSignal): Promise<void> {
    const lists = await Promise.all([
      this.#list('tools', signal),
      ...ASIDE.map((part) => this.#listAside(part, signal)),
    ]);
    this.#lists = Object.assign({}, NOTHING, ...lists) as Lists;
  }

  #has(part: OfferPart): boolean {
    return this.needs.client.getServerCapabilities()?.[part] !== undefined;
  }

  async #list(part: keyof Lists, signal: AbortSignal): Promise<Partial<Lists>> {
    if (!this.#has(part === 'templates' ? 'resources' : part)) return {};
    const { timeout, ...rest } = this.needs;
    const request: ListRequest = { ...rest, options: { signal, timeout } };
    switch (part) {
      case 'tools':
        return { tools: await listTools(request) };
      case 'prompts':
        return { prompts: await listPrompts(request) };
      case 'resources':
        return { resources: await listResources(request) };
      case 'templates':
        return { templates: await listTemplates(request) };
    }
  }

  async #listAside(part: keyof Lists, parent: AbortSignal): Promise<Partial<Lists>> {
    const { clock, logger, server } = this.needs;
    const late = () => new BridgeError('tool-timeout', l10n.t('no answer within {0} seconds', SIDE_LIST_MS / 1000));
    const limit = deadline(parent, SIDE_LIST_MS, clock, late);
    try {
      return await this.#list(part, limit.signal);
    } catch (error) {
      if (!parent.aborted)
        // Many servers have no templates and do not know the request.
        logger.log(part === 'templates' ? 'debug' : 'warn', notListed(part, server, errorMessage(error)));
      return {};
    } finally {
      limit.dispose();
    }
  }

  async #readAgain(part: OfferPart): Promise<void> {
    const { signal } = this.#ending;
    const templates = part === 'resources' ? this.#listAside('templates', signal) : undefined;
    const read = { ...(await this.#listAside(part, signal)), ...(await templates) };
    // What could not be read stays as it was.
    if (this.#ending.signal.aborted || Object.keys(read).length === 0) return;
    this.#lists = { ...this.#lists, ...read };
    this.#changed.fire(part);
  }

  dispose(): void {
    this.#ending.abort(new BridgeError('cancelled', l10n.t('The server has ended.')));
    for (const watch of this.#watches) watch.dispose();
    this.#changed.dispose();
  }
}

function notListed(part: keyof Lists, server: string, reason: string): string {
  switch (part) {
    case 'tools':
      return l10n.t('MCP server "{0}" did not list its tools: {1}', server, reason);
    case 'prompts':
      return l10n.t('MCP server "{0}" did not list its prompts: {1}', server, reason);
    case 'resources':
      return l10n.t('MCP server "{0}" did not list its resources: {1}', server, reason);
    case 'templates':
      return l10n.t('MCP server "{0}" did not list its templates: {1}', server, reason);
  }
}
