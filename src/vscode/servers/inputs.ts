/** The values that a person gives for `${input:id}`: asked for once, then kept. Passwords are kept where the system keeps secrets. */
import * as l10n from '@vscode/l10n';
import { createHash } from 'node:crypto';
import type * as vscode from 'vscode';
import { canonicalJson } from '../../base/json';
import { visibleText } from '../../base/visibleText';
import { formatOrigin, type InputSpec, type ServerSpec } from '../../mcp/serverSpec';
import type { InputSource } from '../../mcp/variables';
import type { Dialogs } from '../dialogs';
import type { QuestionDesk } from '../questions/questionDesk';
import type { ServerUsers } from './serverUsers';

const SECRET_PREFIX = 'lmstudioBridge.input:';
const STATE_KEY = 'mcpInputs';

export interface InputStores {
  readonly secrets: vscode.SecretStorage;
  /** For servers of the workspace. */
  readonly workspaceState: vscode.Memento;
  /** For those of the person. */
  readonly globalState: vscode.Memento;
}

export interface InputNeeds {
  readonly dialogs: Dialogs;
  readonly desk: Pick<QuestionDesk, 'put'>;
  readonly users: Pick<ServerUsers, 'askerOf'>;
}

/** A value that is asked for, maybe by several servers of a file at once. */
interface Wanted {
  servers: number;
  /** Given a moment ago. */
  value: string | undefined;
  isKept: boolean;
}

export class StoredInputs {
  readonly #wanted = new Map<string, Wanted>();

  constructor(
    private readonly stores: InputStores,
    private readonly needs: InputNeeds,
  ) {}

  /** Called while a server starts, and that is after the person has agreed to it. */
  readonly source: InputSource = async (input, spec, signal) => {
    const key = keyOf(input, spec);
    const wanted = this.#wanted.get(key) ?? { servers: 0, value: undefined, isKept: false };
    this.#wanted.set(key, wanted);
    wanted.servers++;
    try {
      const known = await this.#read(key, input, spec);
      if (known !== undefined) return known;
      const given = await this.#put(input, spec, wanted, signal);
      if (given !== undefined && !wanted.isKept) {
        wanted.isKept = true;
        await this.#write(key, input, spec, given);
      }
      return given;
    } finally {
      wanted.servers--;
      if (wanted.servers === 0) this.#wanted.delete(key);
    }
  };

  /** Every value is asked for again. */
  async forget(): Promise<void> {
    const { secrets, workspaceState, globalState } = this.stores;
    const keys = (await secrets.keys()).filter((key) => key.startsWith(SECRET_PREFIX));
    await Promise.all([
      ...keys.map((key) => secrets.delete(key)),
      workspaceState.update(STATE_KEY, undefined),
      globalState.update(STATE_KEY, undefined),
    ]);
  }

  async #read(key: string, { isPassword }: InputSpec, spec: ServerSpec): Promise<string | undefined> {
    return isPassword ? this.stores.secrets.get(SECRET_PREFIX + key) : this.#plain(spec).values[key];
  }

  async #write(key: string, { isPassword }: InputSpec, spec: ServerSpec, value: string): Promise<void> {
    if (isPassword) return this.stores.secrets.store(SECRET_PREFIX + key, value);
    const { state, values } = this.#plain(spec);
    await state.update(STATE_KEY, { ...values, [key]: value });
  }

  #plain({ source }: ServerSpec): { state: vscode.Memento; values: Readonly<Record<string, string>> } {
    const state = source.scope === 'workspace' ? this.stores.workspaceState : this.stores.globalState;
    return { state, values: state.get<Readonly<Record<string, string>>>(STATE_KEY, {}) };
  }

  #put(input: InputSpec, spec: ServerSpec, wanted: Wanted, signal: AbortSignal): Promise<string | undefined> {
    const [server, id] = [visibleText(spec.name), visibleText(input.id)];
    return this.needs.desk.put<string | undefined>(
      {
        notice: l10n.t('MCP server "{0}" needs the value "{1}" from you.', server, id),
        ...this.needs.users.askerOf(spec.name),
        settled: () => wanted.value,
        unanswered: () => undefined,
        show: async (_more, ending) => {
          const given = await this.#ask(input, spec, ending);
          wanted.value ??= given;
          return given;
        },
      },
      signal,
    );
  }

  async #ask(input: InputSpec, spec: ServerSpec, signal: AbortSignal): Promise<string | undefined> {
    const { id, kind, description, isPassword, options } = input;
    const { dialogs } = this.needs;
    const title = l10n.t('MCP server "{0}" needs "{1}"', visibleText(spec.name), visibleText(id));
    const prompt = visibleText(l10n.t('{0} (named in {1})', description ?? id, formatOrigin(spec.origin)));
    if (kind === 'pickString') {
      const choices = options.map((value) => ({ value, label: visibleText(value) }));
      const chosen = await dialogs.pickOne(choices, { title, placeholder: prompt }, signal);
      return chosen?.value;
    }
    const preset = input.default === undefined ? {} : { value: input.default };
    return dialogs.input({ title, prompt, isSecret: isPassword, ...preset }, signal);
  }
}

/**
 * By the definition and its file: another repository that asks for the same id does not get what was meant for this one,
 * and a changed question is asked again.
 */
function keyOf(input: InputSpec, { source }: ServerSpec): string {
  return createHash('sha256')
    .update(canonicalJson({ input, file: source.file }))
    .digest('hex');
}
