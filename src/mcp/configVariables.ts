/** What can be said of the variables in an entry before anything is resolved. */
import * as l10n from '@vscode/l10n';
import type { Node } from 'jsonc-parser';
import type { EntryNeeds, Place } from './configReport';
import { PLAIN_VARIABLES, shellVariable, type Variable, variablesIn } from './variableNames';

/** The fields whose variables are resolved. */
const FIELDS = ['command', 'args', 'env', 'envFile', 'cwd', 'url', 'serverUrl', 'httpUrl', 'headers', 'oauth', 'auth'];

/** False where the entry must not be used. */
export function checkVariables(server: string, value: Node, needs: EntryNeeds): boolean {
  let isUsable = true;
  for (const property of value.children ?? []) {
    const [key, field] = property.children ?? [];
    if (!field || !FIELDS.includes(String(key?.value))) continue;
    for (const node of stringsIn(field)) {
      for (const variable of variablesIn(String(node.value))) {
        isUsable = check(server, variable, placeOf(variable, node, needs), needs) && isUsable;
      }
    }
  }
  return isUsable;
}

function check(server: string, variable: Variable, place: Place, { report, inputs }: EntryNeeds): boolean {
  const { name, kind, argument } = variable;
  const uses = l10n.t('Server "{0}" uses {1}', server, `\${${name}}`);
  if (kind === 'command') {
    report.say('error', place, l10n.t('{0}, which would run a command of the editor: that is not supported.', uses), {
      server,
    });
    return false;
  }
  if (kind === 'input' && argument) {
    if (inputs.some(({ id }) => id === argument)) return true;
    const message = l10n.t('{0}, but "inputs" of this file does not declare it.', uses);
    report.say('warning', place, message, { server, code: 'undeclared-input' });
    return true;
  }
  if (PLAIN_VARIABLES.includes(name) || shellVariable(variable, report.source.kind)) return true;
  if ((kind === 'env' || kind === 'workspaceFolder') && argument) return true;
  report.say('warning', place, l10n.t('{0}, which is not a known variable.', uses), {
    server,
    code: 'unknown-variable',
  });
  return true;
}

/** The variable itself where the text has it as it is, else the string that holds it. */
function placeOf({ name }: Variable, node: Node, { report }: EntryNeeds): Place {
  const written = `\${${name}}`;
  const index = report.content.slice(node.offset, node.offset + node.length).indexOf(written);
  return index < 0 ? node : { offset: node.offset + index, length: written.length };
}

function stringsIn(node: Node): readonly Node[] {
  if (node.type === 'string') return [node];
  const inner = node.type === 'property' ? (node.children ?? []).slice(1) : (node.children ?? []);
  return inner.flatMap(stringsIn);
}
