/** What the planner knows at one point of its plan: folders, paths that results named, the last answer it found. */
import { pathsInResult, type PastCall } from './conversation';

export interface Finding {
  /** What the step asked. */
  readonly question: string;
  readonly lines: readonly string[];
}

export class Knowledge {
  /** Where relative paths are taken from: the first. */
  readonly folders: string[];
  readonly results: PastCall[] = [];
  lastFinding: Finding | undefined;

  constructor(folders: readonly string[]) {
    this.folders = folders.filter((path) => !/\.\w{1,5}$/.test(path));
  }

  learn(call: PastCall): void {
    if (call.state !== 'ok') return;
    this.results.push(call);
    // A list of allowed folders is a better authority than a prompt.
    if (/allowed|roots?\b|workspace/i.test(call.name)) this.folders.unshift(...pathsInResult(call.result));
  }

  /** Absolute where a folder is known; otherwise as it was given, for the server to resolve. */
  resolve(path: string): string {
    const [folder] = this.folders;
    if (folder === undefined || /^(?:\/|[A-Za-z]:[\\/])/.test(path)) return path;
    const relative = path.replace(/^\.[\\/]/, '');
    const separator = folder.includes('\\') ? '\\' : '/';
    return relative === '' || relative === '.' ? folder : `${folder}${separator}${relative}`;
  }

  /** "it": the file that the latest result or call named. */
  lastPath(): string | undefined {
    for (const call of this.results.toReversed()) {
      const found = pathsInResult(call.result).at(0);
      if (found !== undefined && /search|find|glob/i.test(call.name)) return found;
      const { path } = call.arguments as { path?: unknown };
      if (typeof path === 'string' && /\.\w+$/.test(path)) return path;
    }
    return undefined;
  }

  /** "it": what the latest question found, else what the latest result says. */
  lastContent(): string | undefined {
    return this.lastFinding?.lines.join('\n') ?? this.results.at(-1)?.result.slice(0, 2000);
  }
}
