/** Reads the form of an elicitation: what a stranger's schema asks of a person, or why it cannot be asked. */
import * as z from 'zod/v4';
import { isJsonObject } from '../base/json';
import type { ElicitationField, ElicitationOption, ElicitationType } from './clientHost';
import { misfit } from './elicitationAnswers';
import { asksForSecret } from './elicitationSecrets';

export type ReadForm =
  | { readonly ok: true; readonly fields: readonly ElicitationField[] }
  /** A sentence for the server. */
  | { readonly ok: false; readonly reason: string };

/** Nobody answers more, and a server must not flood a person. */
const MAX_FIELDS = 50;
const MAX_OPTIONS = 500;
const MAX_TITLE = 200;
const MAX_DESCRIPTION = 1000;

const count = z.int().nonnegative().optional().catch(undefined);
const bound = z.number().optional().catch(undefined);
const words = z.string().optional().catch(undefined);

const formSchema = z.looseObject({
  type: z.literal('object'),
  properties: z.record(z.string(), z.unknown()),
  required: z.array(z.string()).optional().catch(undefined),
});

const titled = z.array(z.looseObject({ const: z.string(), title: words }));
const choices = z.looseObject({
  enum: z.array(z.string()).optional(),
  enumNames: z.array(z.string()).optional().catch(undefined),
  oneOf: titled.optional(),
  anyOf: titled.optional(),
});

const fieldSchema = z.discriminatedUnion('type', [
  choices.extend({
    type: z.literal('string'),
    format: z.enum(['email', 'uri', 'date', 'date-time']).optional().catch(undefined),
    minLength: count,
    maxLength: count,
  }),
  z.looseObject({ type: z.enum(['number', 'integer']), minimum: bound, maximum: bound }),
  z.looseObject({ type: z.literal('boolean') }),
  z.looseObject({ type: z.literal('array'), items: choices, minItems: count, maxItems: count }),
]);

/** Never throws, whatever it is given. The fields are in the schema's order. */
export function readForm(schema: unknown): ReadForm {
  const form = formSchema.safeParse(schema);
  if (!form.success) return refused('The form must be a JSON schema of type "object" with "properties".');
  const entries = Object.entries(form.data.properties);
  if (entries.length > MAX_FIELDS) return refused(`The form has more than ${String(MAX_FIELDS)} fields.`);
  const required = new Set(form.data.required);
  const fields: ElicitationField[] = [];
  for (const [name, property] of entries) {
    const type = readType(property);
    if (typeof type === 'string') return refused(`The field "${name}" ${type}.`);
    const field = readField(name, property, type, required.has(name));
    if (asksForSecret(field, property)) {
      return refused(
        `The field "${name}" asks for a secret. Secrets do not pass through forms: use an elicitation of mode "url", or the server's configuration.`,
      );
    }
    fields.push(field);
  }
  return { ok: true, fields };
}

function refused(reason: string): ReadForm {
  return { ok: false, reason };
}

function readField(name: string, property: unknown, type: ElicitationType, isRequired: boolean): ElicitationField {
  const said = isJsonObject(property) ? property : {};
  const { title, description } = said;
  const preset = said['default'];
  return {
    name,
    title: (typeof title === 'string' && title.trim() !== '' ? title : name).slice(0, MAX_TITLE),
    description: typeof description === 'string' ? description.slice(0, MAX_DESCRIPTION) : undefined,
    isRequired,
    type,
    // One that does not fit would be an answer that the server itself forbids.
    default: preset !== undefined && misfit(type, preset) === undefined ? preset : undefined,
  };
}

/** Or what is wrong, to stand behind the field's name. */
function readType(property: unknown): ElicitationType | string {
  const parsed = fieldSchema.safeParse(property);
  if (!parsed.success) return 'has a type that forms do not have';
  const field = parsed.data;
  switch (field.type) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'number':
    case 'integer':
      return {
        kind: 'number',
        isInteger: field.type === 'integer',
        minimum: field.minimum,
        maximum: field.maximum,
      };
    case 'array': {
      const options = readOptions(field.items);
      const { minItems, maxItems } = field;
      return Array.isArray(options) ? { kind: 'many', options, minItems, maxItems } : (options ?? NO_OPTIONS);
    }
    case 'string': {
      const options = readOptions(field);
      const { format, minLength, maxLength } = field;
      if (options === undefined) return { kind: 'text', format, minLength, maxLength };
      return typeof options === 'string' ? options : { kind: 'one', options };
    }
  }
}

const NO_OPTIONS = 'has nothing to choose from';

/** Undefined where there is no choice; or what is wrong. */
function readOptions(choice: z.infer<typeof choices>): ElicitationOption[] | string | undefined {
  const named = choice.oneOf ?? choice.anyOf;
  const options =
    named?.map((option) => ({ value: option.const, title: option.title ?? option.const })) ??
    choice.enum?.map((value, index) => ({ value, title: choice.enumNames?.[index] ?? value }));
  if (options === undefined) return undefined;
  if (options.length === 0) return NO_OPTIONS;
  if (options.length > MAX_OPTIONS) return `has more than ${String(MAX_OPTIONS)} choices`;
  if (new Set(options.map(({ value }) => value)).size < options.length) return 'has the same choice twice';
  return options.map(({ value, title }) => ({ value, title: title.slice(0, MAX_TITLE) }));
}
