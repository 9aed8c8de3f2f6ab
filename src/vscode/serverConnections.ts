import * as l10n from '@vscode/l10n';
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { ConfigurationError } from '../base/errors';
import type { Connected, ServerConnection } from './connection';
import { SETTINGS_SECTION } from './ids';
import { type NamedServer, placeOfModel, type ServerList } from './models/serverList';
import type { ServerNews } from './tasks/taskText';

/** A server of this window. */
export interface ServedConnection {
  /** As in the settings; undefined: the main one. */
  readonly name: string | undefined;
  /** What people read. */
  readonly label: string;
  readonly connection: ServerConnection;
}

export interface ConnectedServer extends Connected {
  readonly connection: ServerConnection;
  readonly modelKey: string | undefined;
}

interface OtherServer extends ServedConnection {
  readonly name: string;
  readonly url: string;
  readonly listening: Disposable;
}

/**
 * All model servers of this window: the main one, and those that the settings name, each a connection of its own with its
 * own health, token and list. A server whose name and address stay keeps its connection.
 */
export class ServerConnections implements Disposable {
  readonly #changed = new Emitter<ServedConnection>();
  readonly #breakerChanged = new Emitter<ServedConnection>();
  readonly #listChanged = new Emitter<undefined>();
  readonly #answered = new Emitter<ServedConnection>();
  readonly #main: ServedConnection;
  readonly #listening: Disposable;
  #others: readonly OtherServer[] = [];
  #problems: readonly string[] = [];

  /** A server's list or health is another one. */
  readonly onDidChange = this.#changed.event;
  /** Whether requests are let through to a server is something else. */
  readonly onDidChangeBreaker = this.#breakerChanged.event;
  /** A server was asked for its list, whatever came of it. */
  readonly onDidAnswer = this.#answered.event;
  /** Servers came or went, or what is wrong with the setting is something else. */
  readonly onDidChangeServers = this.#listChanged.event;

  constructor(
    main: ServerConnection,
    private readonly create: (server: NamedServer) => ServerConnection,
    private readonly readList: () => ServerList,
  ) {
    this.#main = { name: undefined, label: 'LM Studio', connection: main };
    this.#listening = this.#follow(this.#main);
    this.reload();
  }

  /** The main one first, then those of the setting in its order. */
  get all(): readonly ServedConnection[] {
    return [this.#main, ...this.#others];
  }

  get main(): ServedConnection {
    return this.#main;
  }

  /** What is wrong with the setting, a sentence for each entry that is left out. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Reads the setting again. */
  reload(): void {
    const { servers, problems } = this.readList();
    const stays = (other: OtherServer): boolean =>
      servers.some(({ name, url }) => name === other.name && url === other.url);
    const gone = this.#others.filter((other) => !stays(other));
    const hasNews =
      gone.length > 0 || servers.length !== this.#others.length || problems.join() !== this.#problems.join();
    const isReordered = servers.some(({ name }, index) => this.#others[index]?.name !== name);
    this.#others = servers.map(
      (server) => this.#others.find((other) => other.name === server.name && stays(other)) ?? this.#open(server),
    );
    this.#problems = problems;
    for (const { listening } of gone) listening.dispose();
    if (hasNews || isReordered) this.#listChanged.fire(undefined);
  }

  /** Undefined where there is no such server. */
  named(name: string | undefined): ServedConnection | undefined {
    return this.all.find((server) => server.name === name);
  }

  /**
   * The server of a model's name, and what that calls the model; undefined: whichever it has.
   *
   * @throws ConfigurationError `usage` where no server has this name
   */
  find(modelName: string | undefined): { readonly server: ServedConnection; readonly key: string | undefined } {
    const { server: name, key } = placeOfModel(modelName);
    const server = this.named(name);
    if (server) return { server, key };
    const known = this.#others.map((other) => other.name);
    throw new ConfigurationError(
      'usage',
      l10n.t('There is no model server "{0}" in the setting {1}.', name ?? '', SERVERS),
      {
        hint:
          this.#problems[0] ??
          (known.length === 0
            ? l10n.t('The setting names no server. Without a server\'s name before "::", the main server is meant.')
            : l10n.t('It names: {0}.', known.join(', '))),
      },
    );
  }

  /** What is known of the server with this name, without asking it; nothing where it is not in the settings any more. */
  readonly newsOf = (name: string | undefined): ServerNews => {
    const connection = this.named(name)?.connection;
    return { models: connection?.snapshot.models ?? [], loading: connection?.loading ?? [] };
  };

  /**
   * The server that a task with this model asks, once its code is loaded, and what it calls the model; undefined: as the
   * task does.
   *
   * @throws ConfigurationError
   */
  async connect(modelName: string | undefined): Promise<ConnectedServer> {
    const { server, key } = this.find(modelName);
    const { name, connection } = server;
    const modelKey = name === undefined ? undefined : (key ?? 'default');
    return { ...(await connection.get()), connection, modelKey };
  }

  /** The server of the name, else the main one: for views, which go on without it. */
  findOrMain(modelName: string | undefined): { readonly server: ServedConnection; readonly key: string | undefined } {
    try {
      return this.find(modelName);
    } catch {
      return { server: this.#main, key: modelName };
    }
  }

  /** Asks every server. Never throws: whatever is wrong is part of each snapshot. */
  async refresh(): Promise<void> {
    await Promise.all(this.all.map(({ connection }) => connection.refresh()));
  }

  /** Reads addresses and tokens of all servers again. */
  async reconnect(): Promise<void> {
    await Promise.all(this.all.map(({ connection }) => connection.reconnect()));
  }

  /** The main connection belongs to whoever made it. */
  dispose(): void {
    this.#listening.dispose();
    for (const { listening } of this.#others) listening.dispose();
    this.#changed.dispose();
    this.#breakerChanged.dispose();
    this.#listChanged.dispose();
    this.#answered.dispose();
  }

  #open(server: NamedServer): OtherServer {
    const connection = this.create(server);
    const listening = new DisposableStore();
    const other: OtherServer = { ...server, label: server.name, connection, listening };
    listening.add(connection);
    listening.add(this.#follow(other));
    return other;
  }

  #follow(server: ServedConnection): Disposable {
    const store = new DisposableStore();
    store.add(server.connection.onDidChange(() => this.#changed.fire(server)));
    store.add(server.connection.onDidChangeBreaker(() => this.#breakerChanged.fire(server)));
    store.add(server.connection.onDidAnswer(() => this.#answered.fire(server)));
    return store;
  }
}

const SERVERS = `${SETTINGS_SECTION}.servers`;
