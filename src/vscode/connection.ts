import type { BreakerState } from '../base/circuitBreaker';
import type { Clock } from '../base/clock';
import { type Disposable, DisposableStore } from '../base/disposable';
import { Emitter } from '../base/emitter';
import { type BridgeError, toBridgeError } from '../base/errors';
import type { CatalogChange, CatalogSnapshot, ModelCatalog } from '../llm/lmstudio/catalog';
import { diffModels } from '../llm/lmstudio/catalogDiff';
import { discoverServerUrl } from '../llm/lmstudio/discovery';
import type { LoadUnderWay, ModelLifecycle } from '../llm/lmstudio/lifecycle';
import type { ServerAddress } from '../llm/lmstudio/server';
import { normalizeServerUrl } from '../llm/lmstudio/serverUrl';
import type { ModelValidator } from '../llm/lmstudio/validator';
import type { Fetch } from '../base/http';
import type { ModelSpeed, SpeedLedger } from '../llm/speedLedger';
import type { ServerState } from './ids';
import { readServerUrl } from './settings/settings';
import type { SpeedStore } from './models/speedStore';
import { toServerState } from './status/statusText';
import type { TokenStore } from './tokens';

const SECRETS_TIMEOUT_MS = 5_000;

export interface Connected {
  readonly catalog: ModelCatalog;
  readonly lifecycle: ModelLifecycle;
  readonly validator: ModelValidator;
  readonly fetch: Fetch;
  /** How fast the models of this server are. */
  readonly speed: SpeedLedger;
}

/**
 * One model server of this window: follows its address and its token, and stays the same object for the views while the
 * server behind it changes.
 */
export class ServerConnection implements Disposable {
  readonly #changed = new Emitter<CatalogChange>();
  readonly #breakerChanged = new Emitter<BreakerState>();
  readonly #answered = new Emitter<undefined>();
  /** What the listeners were told last. */
  #told: CatalogSnapshot = { root: '', health: { kind: 'unknown' }, models: [] };
  #current: (Connected & { readonly listening: Disposable }) | undefined;
  #connecting: Promise<Connected> | undefined;
  #problem: BridgeError | undefined;
  #isDiscovered = false;
  #isDisposed = false;

  readonly onDidChange = this.#changed.event;
  /** Apart from the list's changes, because it is no news about models. */
  readonly onDidChangeBreaker = this.#breakerChanged.event;
  /** The server was asked for its list: how long it took is another time now, whether or not the list changed. */
  readonly onDidAnswer = this.#answered.event;

  constructor(
    private readonly tokens: TokenStore,
    private readonly speeds: SpeedStore,
    private readonly clock: Clock,
    /** Its address as written; empty: look for the server of this machine. @throws ConfigurationError */
    private readonly readUrl: () => string = readServerUrl,
  ) {}

  get snapshot(): CatalogSnapshot {
    if (this.#problem) return { root: '', health: { kind: 'offline', error: this.#problem }, models: [] };
    return this.#current?.catalog.snapshot ?? { root: '', health: { kind: 'unknown' }, models: [] };
  }

  /** In one word. */
  get state(): ServerState {
    return toServerState(this.snapshot, this.isMisconfigured);
  }

  /** Loads of ours under way. */
  get loading(): readonly LoadUnderWay[] {
    return this.#current?.lifecycle.loading ?? [];
  }

  /** Whether requests are let through to the server. */
  get breaker(): BreakerState {
    return this.#current?.catalog.server.policy.breaker.state ?? { kind: 'closed' };
  }

  /** What is sent to the server; undefined: none, or nothing was sent yet. */
  get token(): string | undefined {
    return this.#current?.catalog.server.address.token;
  }

  /** Undefined where no turn of the model has been timed on this machine. */
  speedOf(key: string): ModelSpeed | undefined {
    return this.#current?.speed.of(key);
  }

  /** True where the settings, and not the server, are the problem. */
  get isMisconfigured(): boolean {
    return this.#problem !== undefined;
  }

  /** The server as configured. Loads what talks to servers on first use. @throws ConfigurationError */
  get(): Promise<Connected> {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  /** Reads settings and token again. */
  async reconnect(): Promise<CatalogSnapshot> {
    const before = this.#connecting;
    const again = (before ?? Promise.resolve()).then(
      () => this.#connect(),
      () => this.#connect(),
    );
    this.#connecting = again;
    // Whoever calls get() learns of it; here it is part of the snapshot.
    await again.catch(() => undefined);
    return this.#askAnew();
  }

  /** Asks the server. Never throws: whatever is wrong is part of the snapshot. */
  async refresh(): Promise<CatalogSnapshot> {
    return this.#isLost ? this.reconnect() : this.#ask();
  }

  /** Asks also where a question is on its way: the answer to that can be older than what was just done. Never throws. */
  async refreshAnew(): Promise<CatalogSnapshot> {
    return this.#isLost ? this.reconnect() : this.#askAnew();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#end();
    this.#changed.dispose();
    this.#breakerChanged.dispose();
    this.#answered.dispose();
  }

  /** The port that LM Studio wrote down may be another one now that it was started again. */
  get #isLost(): boolean {
    return this.#isDiscovered && this.snapshot.health.kind === 'offline';
  }

  #askAnew(): Promise<CatalogSnapshot> {
    return this.#ask((catalog) => catalog.refreshAnew());
  }

  async #ask(question = (catalog: ModelCatalog): Promise<unknown> => catalog.refresh()): Promise<CatalogSnapshot> {
    try {
      const { catalog } = await this.get();
      await question(catalog);
    } catch {
      // #connect() has noted the problem.
    }
    this.#answered.fire(undefined);
    return this.snapshot;
  }

  async #connect(): Promise<Connected> {
    try {
      const address = await this.#address();
      const current = this.#current;
      const known = current?.catalog.server.address;
      this.#problem = undefined;
      if (current && known?.root === address.root && known.token === address.token) return current;
      this.#end();
      return await this.#open(address);
    } catch (error) {
      this.#problem = toBridgeError(error);
      this.#end();
      this.#tell();
      throw this.#problem;
    }
  }

  async #address(): Promise<ServerAddress> {
    const written = this.readUrl();
    this.#isDiscovered = written === '';
    const root =
      written === '' ? await discoverServerUrl((place) => this.#isLmStudio(place)) : normalizeServerUrl(written);
    return { root, token: await this.#token(root) };
  }

  async #isLmStudio(root: string): Promise<boolean> {
    const [{ createFetch }, { ModelServer }] = await Promise.all([
      import('../base/http'),
      import('../llm/lmstudio/server'),
    ]);
    const server = new ModelServer({ root, token: undefined }, { fetch: createFetch(this.clock), clock: this.clock });
    return server.greet(new AbortController().signal).catch(() => false);
  }

  /** A keyring that waits to be unlocked, or fails, must not keep the models from being shown. */
  async #token(root: string): Promise<string | undefined> {
    let isLate = false;
    let timer: Disposable | undefined;
    const reading = this.tokens.get(root).catch(() => undefined);
    const givingUp = new Promise<undefined>((resolve) => {
      timer = this.clock.after(SECRETS_TIMEOUT_MS, () => {
        isLate = true;
        resolve(undefined);
      });
    });
    void reading.then((token) => {
      if (isLate && token !== undefined && !this.#isDisposed) void this.reconnect();
    });
    return Promise.race([reading, givingUp]).finally(() => timer?.dispose());
  }

  async #open(address: ServerAddress): Promise<Connected> {
    const [
      { createFetch },
      { ModelServer },
      { ModelCatalog },
      { ModelLifecycle },
      { ModelValidator },
      { SpeedLedger },
    ] = await Promise.all([
      import('../base/http'),
      import('../llm/lmstudio/server'),
      import('../llm/lmstudio/catalog'),
      import('../llm/lmstudio/lifecycle'),
      import('../llm/lmstudio/validator'),
      import('../llm/speedLedger'),
    ]);
    const fetch = createFetch(this.clock);
    const catalog = new ModelCatalog(new ModelServer(address, { fetch, clock: this.clock }), this.clock);
    const lifecycle = new ModelLifecycle(catalog, this.clock);
    const validator = new ModelValidator(catalog, this.clock);
    const speed = new SpeedLedger(this.speeds.read(address.root));
    const { breaker } = catalog.server.policy;
    const listening = new DisposableStore();
    listening.add(catalog);
    listening.add(lifecycle);
    listening.add(catalog.onDidChange(() => this.#tell()));
    listening.add(breaker.onDidChange((state) => this.#breakerChanged.fire(state)));
    this.#current = { catalog, lifecycle, validator, fetch, speed, listening };
    if (this.#isDisposed) this.#end();
    else this.#tell();
    return { catalog, lifecycle, validator, fetch, speed };
  }

  /** What is new since the last time, also where another server has taken the place of the last one. */
  #tell(): void {
    const { snapshot } = this;
    const diff = diffModels(this.#told.models, snapshot.models);
    this.#told = snapshot;
    this.#changed.fire({ snapshot, ...diff });
  }

  #end(): void {
    this.#current?.listening.dispose();
    this.#current = undefined;
  }
}
