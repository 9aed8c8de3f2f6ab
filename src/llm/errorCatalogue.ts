/** What model servers say when something fails, and what it means. Texts and their origin: reference 3.3 (E1 to E17), 1.2, 1.7, 2.3. */
import * as l10n from '@vscode/l10n';
import type { ErrorCode } from '../base/errors';

/** LM Studio answers 200 with this text where a route or method does not exist (reference 1.2). */
export const UNEXPECTED_ENDPOINT = /^Unexpected endpoint or method/i;

/** One kind of text. `hint` is for this very case; without it the code's own hint holds. */
export interface ErrorRow {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly hint?: string;
  /** The same request without tools may pass. */
  readonly refusesTools?: boolean;
}

/** What to do, where nothing better is known than the code. */
export const HINTS: Partial<Record<ErrorCode, string>> = {
  'server-unreachable': l10n.t(
    'Start LM Studio and its server (Developer tab, or "lms server start"), or correct the address.',
  ),
  'wrong-server': l10n.t("Give the address of LM Studio's server, such as http://127.0.0.1:1234."),
  'auth-required': l10n.t('Create an API token in LM Studio (Developer tab → Server Settings) and store it here.'),
  'server-timeout': l10n.t('The server accepts connections but does not answer. Restart it in LM Studio.'),
  'context-overflow': l10n.t('Load the model with a larger context length, or give it less to read.'),
  'insufficient-memory': l10n.t(
    "Choose a smaller model or context, unload other models, or relax the guardrails in LM Studio's settings.",
  ),
  'model-load-failed': l10n.t('Try to load the model in LM Studio itself: its log says why it fails.'),
  'no-model': l10n.t('Load a model in LM Studio, or switch on just-in-time loading.'),
  'model-not-found': l10n.t('Choose one of the models that the server lists.'),
  'engine-crashed': l10n.t(
    'Load the model again; if it happens again, use a smaller context or another runtime in LM Studio.',
  ),
  'model-unloaded': l10n.t(
    'Another program or LM Studio itself unloaded the model. Load it again and repeat the task.',
  ),
  'stream-interrupted': l10n.t("See LM Studio's server log for the reason, then repeat the task."),
  'rate-limited': l10n.t('Other programs use this server. Try again when they are done.'),
  'bad-response': l10n.t("See LM Studio's server log. Another model or a newer LM Studio may help."),
};

/** Why a token is refused (reference 1.7). */
export const TOKEN_ROWS: readonly ErrorRow[] = [
  {
    pattern: /permission/i,
    code: 'auth-required',
    hint: l10n.t(
      "The token lacks a permission. Change the token's permissions in LM Studio (Developer tab → Server Settings), or store another one here.",
    ),
  },
  {
    pattern: /(malformed|invalid|unknown|expired|revoked)[^.]*(token|api key)/i,
    code: 'auth-required',
    hint: l10n.t(
      'The stored token is not one of this server. Create a new one in LM Studio (Developer tab → Server Settings) and store it here.',
    ),
  },
];

/** First match wins, so the narrow ones come first. */
export const ERROR_ROWS: readonly ErrorRow[] = [
  { pattern: UNEXPECTED_ENDPOINT, code: 'wrong-server' },
  // E6 to E9
  {
    pattern:
      /n_keep|n_ctx|context (the )?overflows|greater than the context length|Context size has been exceeded|exceed_context_size|exceeds the available context|Reached context length|only supports \d+ tokens/i,
    code: 'context-overflow',
  },
  // E5
  { pattern: /insufficient system resources|guardrail/i, code: 'insufficient-memory' },
  { pattern: /Failed to load model|Error loading model|model_load_failed/i, code: 'model-load-failed' },
  // E4
  { pattern: /No models loaded/i, code: 'no-model' },
  // E15
  { pattern: /Model is unloaded|Model unloaded|Channel Error/i, code: 'model-unloaded' },
  // E12
  {
    pattern: /parse grammar|Failed to initialize samplers/i,
    code: 'bad-response',
    refusesTools: true,
    hint: l10n.t(
      "A tool's schema has features the server's grammar cannot express, such as $ref, oneOf, pattern or format. Leave that tool's MCP server out, or use another model or runtime.",
    ),
  },
  // E13
  {
    pattern: /jinja|prompt template|chat template/i,
    code: 'bad-response',
    refusesTools: true,
    hint: l10n.t(
      "The model's chat template cannot express this conversation. Download a newer version of the model, correct the template in LM Studio (My Models), or use another model.",
    ),
  },
  // E14
  {
    pattern: /\bpeg\b|peg-native|Failed to parse (the )?(tool call|output|input at)/i,
    code: 'bad-response',
    hint: l10n.t(
      'The model wrote something that the server could not read. Repeat the task; if it happens again, use another model or another runtime in LM Studio.',
    ),
  },
  // E10, E11
  { pattern: /has crashed|Exit code|fetch failed/i, code: 'engine-crashed' },
  // E1, E3
  {
    pattern: /Invalid model identifier|model_not_found|Model ".*" not found|Model .* not found/i,
    code: 'model-not-found',
  },
  { pattern: /API token|invalid_api_key|api key/i, code: 'auth-required' },
  // E16
  {
    pattern: /\bqueued?\b/i,
    code: 'rate-limited',
    hint: l10n.t(
      'The request waited too long behind others. Wait until they are done, or allow more parallel requests for the model in LM Studio.',
    ),
  },
  { pattern: /rate.?limit|too many requests/i, code: 'rate-limited' },
  // Reference 3.2 and 2.3: our request is at fault, not the server.
  {
    pattern:
      /^Invalid 'messages'|'messages' field|Invalid tool_choice|'response_format|unrecognized_keys|invalid_json/i,
    code: 'bad-response',
    hint: l10n.t(
      'The server does not take the form of this request. Please report this with the log and the version of LM Studio.',
    ),
  },
  // E17
  {
    pattern: /^\[Server Error\]/i,
    code: 'bad-response',
    hint: l10n.t('This build of LM Studio gives no reason. Update LM Studio, and see its server log.'),
  },
];
