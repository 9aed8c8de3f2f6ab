/** What a call would make of a file, as far as its arguments say so, for two documents side by side. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ApprovalRequest } from '../../agent/types';
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json';
import { findInside } from '../insideFolders';

export interface FileProposal {
  /** Absolute, with every link followed. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A larger file is not compared: nobody reads that, and a dialog must not wait for it. */
const MAX_BYTES = 1_000_000;

/**
 * Undefined where the arguments name no file and no content, where the file is not inside one of the folders (links
 * followed), or where the edits do not fit it. What a server really does with its arguments only the server knows.
 */
export async function readProposal(
  { tool, arguments: args }: ApprovalRequest,
  folders: readonly string[],
): Promise<FileProposal | undefined> {
  if (tool.readOnly) return undefined;
  const named = textOf(args, ['path', 'file_path', 'filePath', 'filename', 'file']);
  const content = textOf(args, ['content', 'contents', 'text', 'file_text', 'newContent']);
  const edits = editsOf(args);
  if (named === undefined || (content === undefined && !edits)) return undefined;
  const path = await findInside(named, folders);
  if (path === undefined) return undefined;
  const before = await readText(path);
  if (before === undefined) return undefined;
  const after = edits ? applyEdits(before, edits) : content;
  return after === undefined || after === before ? undefined : { path, before, after };
}

interface Edit {
  readonly was: string;
  readonly is: string;
}

function editsOf(args: JsonObject): readonly Edit[] | undefined {
  const list: JsonValue = args['edits'] ?? args['changes'] ?? [args];
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const edits = list.flatMap((item) => {
    if (!isJsonObject(item)) return [];
    const was = textOf(item, ['oldText', 'old_text', 'old_string', 'old_str', 'oldString']);
    const is = textOf(item, ['newText', 'new_text', 'new_string', 'new_str', 'newString']);
    return was === undefined || is === undefined ? [] : [{ was, is }];
  });
  return edits.length === list.length ? edits : undefined;
}

/** Each in the text that the ones before it have left; undefined where one does not fit. */
export function applyEdits(text: string, edits: readonly Edit[]): string | undefined {
  let result = text;
  for (const { was, is } of edits) {
    const at = was === '' ? -1 : result.indexOf(was);
    if (at < 0) return undefined;
    result = result.slice(0, at) + is + result.slice(at + was.length);
  }
  return result;
}

function textOf(object: JsonObject, names: readonly string[]): string | undefined {
  const found = names.map((name) => object[name]).find((value) => typeof value === 'string');
  return typeof found === 'string' ? found : undefined;
}

/** To open a pipe that nobody writes to would take for ever; Windows has no such files. */
const UNBLOCKED = constants.O_RDONLY | ((constants as { readonly O_NONBLOCK?: number }).O_NONBLOCK ?? 0);

/** Empty where there is no such file; undefined where it cannot be compared. */
async function readText(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, UNBLOCKED);
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > MAX_BYTES) return undefined;
      const text = await file.readFile('utf8');
      return text.includes('\u0000') ? undefined : text;
    } finally {
      await file.close();
    }
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? '' : undefined;
  }
}
