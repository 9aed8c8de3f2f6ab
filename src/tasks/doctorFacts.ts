/** What the doctor knows. Data only; the doors gather it, `doctorFindings.ts` judges it. Nothing in it is a credential. */
import type { ErrorCode } from '../base/errors';
import type { Model } from '../llm/lmstudio/model';
import type { ModelListing } from '../llm/lmstudio/server';
import type { ModelSpeed } from '../llm/speedLedger';
import type { ConfigDiagnostic, Origin } from '../mcp/serverSpec';
import type { Verdict } from './fitnessProbes';

export interface DoctorFacts {
  /** When they were gathered: ISO 8601. */
  readonly at: string;
  readonly editor: EditorFacts;
  /** The one that tasks use. */
  readonly server: ServerFacts;
  readonly otherServers: readonly OtherServerFacts[];
  readonly models: ModelFacts;
  readonly mcp: McpFacts;
  readonly settings: SettingFacts;
  readonly journals: JournalFacts | undefined;
  /** What went wrong in this window, the newest last. */
  readonly errors: readonly NotedError[];
  /** How long each question took, in the order of the answers. */
  readonly timings: readonly Timing[];
}

export interface EditorFacts {
  readonly productVersion: string;
  readonly name: string;
  readonly version: string;
  /** `linux x64`. */
  readonly platform: string;
  readonly node: string;
  /** `ssh-remote`, `wsl` …; undefined: the extension runs on the person's own computer. */
  readonly remote: string | undefined;
  readonly isTrusted: boolean;
  readonly hasFolder: boolean;
  /** Older than the version from which other models take part in chat without a sign-in. */
  readonly chatNeedsSignIn: boolean;
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type ServerAnswer =
  | {
      readonly kind: 'online';
      readonly path: ModelListing['path'];
      readonly latencyMs: number;
      /** Entries of the list that could not be read. */
      readonly skipped: number;
      readonly isLmStudio: boolean;
      /** Whether it loads models that a request names; null: that cannot be told. */
      readonly loadsJustInTime: boolean | null;
    }
  | ({ readonly kind: 'failed' } & Failure);

export interface ServerFacts {
  /** Empty where the settings name no address that can be used. */
  readonly root: string;
  /** The setting names it; else it was looked for. */
  readonly isConfigured: boolean;
  /** Whether a token is sent; never the token. */
  readonly hasToken: boolean;
  readonly answer: ServerAnswer;
  /** The address that LM Studio of this computer was set to, where that is another one. */
  readonly otherAddress: string | undefined;
  /** LM Studio's program `lms` is here and can start this server. */
  readonly canStart: boolean;
}

/** A model server of this window beside the one that tasks use. */
export interface OtherServerFacts {
  /** As people read it. */
  readonly name: string;
  /** Empty where it has no address that can be used. */
  readonly root: string;
  readonly hasToken: boolean;
  readonly answer:
    | {
        readonly kind: 'online';
        readonly latencyMs: number;
        /** How many it lists. */
        readonly models: number;
      }
    | ({ readonly kind: 'failed' } & Failure);
}

export interface ModelFacts {
  readonly list: readonly Model[];
  /** What the setting says; undefined: automatic. */
  readonly chosen: string | undefined;
  /** Of the model that tasks use; undefined: not tested. */
  readonly selfTest: Verdict | undefined;
  readonly speeds: ReadonlyMap<string, ModelSpeed>;
}

export interface McpFacts {
  readonly servers: readonly McpServerFacts[];
  readonly diagnostics: readonly ConfigDiagnostic[];
}

export interface McpServerFacts {
  readonly name: string;
  /** Whose file names it, in words. */
  readonly product: string;
  readonly origin: Origin;
  /** Program, or address without what could be a secret in it. */
  readonly transport: string;
  readonly state: 'disabled' | 'switched off' | 'stopped' | 'starting' | 'ready' | 'failed';
  /** Why it may not start, as a sentence. */
  readonly block: string | undefined;
  /** Its start would ask. */
  readonly needsConsent: boolean;
  /** Its word on its own tools counts. */
  readonly isTrusted: boolean;
  /** From the start to the last list of what it offers, in milliseconds, the last time; undefined: never in this window. */
  readonly startMs: number | undefined;
  readonly tools: number | undefined;
  readonly failure: Failure | undefined;
  /** The last lines that it wrote to stderr or its log. */
  readonly tail: readonly string[];
}

export interface SettingFacts {
  /** Those that are not at their default, each value as it may be shown. */
  readonly changed: readonly { readonly key: string; readonly value: string }[];
  /** What is wrong with values: a sentence each, which names the setting. */
  readonly problems: readonly string[];
}

export interface JournalFacts {
  readonly folder: string;
  readonly bytes: number;
  readonly count: number;
  /** Tasks that can be resumed. */
  readonly interrupted: number;
}

export interface NotedError {
  /** ISO 8601. */
  readonly at: string;
  readonly message: string;
}

export interface Timing {
  readonly what: string;
  readonly ms: number;
  /** `failed`: with an error; `late`: it was given up because it took too long. */
  readonly end: 'done' | 'failed' | 'late';
}
