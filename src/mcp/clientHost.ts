/**
 * What a server may ask of the client's side (MCP's client features), as a port: the door decides what it can give. A
 * feature that is absent here is not announced to servers. Everything that arrives is data of a stranger.
 */
import type { Event } from '../base/emitter';
import type { JsonObject, JsonValue } from '../base/json';

/** The folders that servers may work in. */
export interface Roots {
  /** Absolute paths, the main one first. */
  readonly folders: readonly string[];
  /** Absent: they stay as they are. */
  readonly onDidChange?: Event<void> | undefined;
}

export type LogLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency';

/** What a server wants a model to answer. Pictures are data URLs. */
export interface SamplingRequest {
  readonly server: string;
  readonly systemPrompt: string | undefined;
  readonly messages: readonly {
    readonly role: 'user' | 'assistant';
    readonly text: string;
    readonly images: readonly string[];
  }[];
  readonly maxTokens: number;
  readonly temperature: number | undefined;
  readonly stopSequences: readonly string[];
}

/** `declined`: the person, or a rule, said no; the server is told so. */
export type SamplingAnswer =
  | { readonly kind: 'answered'; readonly model: string; readonly text: string; readonly isCutOff: boolean }
  | { readonly kind: 'declined'; readonly reason: string };

/** `value` is sent to the server, `title` shown to the person. */
export interface ElicitationOption {
  readonly value: string;
  readonly title: string;
}

/** What an answer may be: MCP's restricted kinds of JSON schema (2025-11-25). Lengths are in UTF-16 units, counts inclusive. */
export type ElicitationType =
  | {
      readonly kind: 'text';
      readonly format: 'email' | 'uri' | 'date' | 'date-time' | undefined;
      readonly minLength: number | undefined;
      readonly maxLength: number | undefined;
    }
  | {
      readonly kind: 'number';
      readonly isInteger: boolean;
      readonly minimum: number | undefined;
      readonly maximum: number | undefined;
    }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'one'; readonly options: readonly ElicitationOption[] }
  | {
      readonly kind: 'many';
      readonly options: readonly ElicitationOption[];
      readonly minItems: number | undefined;
      readonly maxItems: number | undefined;
    };

/** One question of a form. */
export interface ElicitationField {
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly isRequired: boolean;
  /** Fits `type`. What the answer leaves out is answered with it. */
  readonly default: JsonValue | undefined;
  readonly type: ElicitationType;
}

export type ElicitationRequest =
  | {
      readonly kind: 'form';
      readonly server: string;
      readonly message: string;
      readonly fields: readonly ElicitationField[];
    }
  /** The server wants the person to open a page, for what must not pass through the client. */
  | { readonly kind: 'url'; readonly server: string; readonly message: string; readonly url: string };

export type ElicitationAnswer =
  | { readonly kind: 'accept'; readonly content: JsonObject }
  | { readonly kind: 'decline' }
  | { readonly kind: 'cancel' };

export interface ClientHost {
  readonly roots: Roots;
  /** Lets the local model answer, behind an approval. Rejects with the signal's reason, or with what went wrong. */
  readonly sample?: ((request: SamplingRequest, signal: AbortSignal) => Promise<SamplingAnswer>) | undefined;
  /** Asks the person. Rejects only with the signal's reason. */
  readonly elicit?: ((request: ElicitationRequest, signal: AbortSignal) => Promise<ElicitationAnswer>) | undefined;
  /** A message of the server's own log. */
  readonly onLog?: ((server: string, level: LogLevel, text: string) => void) | undefined;
  /** How a person signs in to a server that demands it. Absent: such a server fails with `auth-required`. */
  readonly signIn?: SignIn | undefined;
}

/** Sign-in at an authorisation server (OAuth 2.1), as far as the door is needed for it. */
export interface SignIn {
  /** What is kept for a server: tokens and the registration, as opaque text; `key` names server and origin. */
  readonly store: {
    get(key: string): Promise<string | undefined>;
    set(key: string, secret: string): Promise<void>;
    delete(key: string): Promise<void>;
  };
  /**
   * Opens the page after the person has agreed, and waits for its answer. `redirectUrl` is known before the page is
   * asked for, because it is part of the registration; `dispose` ends the waiting.
   */
  readonly begin: (server: string) => Promise<SignInSession>;
}

export interface SignInSession {
  readonly redirectUrl: string;
  /** Random, checked in the answer. */
  readonly state: string;
  /** The code of the answer. Rejects where the person refuses, the answer is an error, or the signal fires. */
  authorize(url: URL, signal: AbortSignal): Promise<{ readonly code: string; readonly iss: string | undefined }>;
  dispose(): void;
}
