/** Which files are looked for, in order of precedence: the first definition of a name is the one that is used. */
import { join } from 'node:path';
import type { FileLayout } from './configFile';
import type { ConfigSource, SourceKind } from './serverSpec';

export interface SourceFile {
  readonly source: ConfigSource;
  /** Absent: a plain mcp.json. */
  readonly layout?: FileLayout | undefined;
  /** What it holds, where it is not on the disk. */
  readonly text?: string | undefined;
}

/** The key of our own setting, as it stands in a settings file. */
export const SERVERS_SETTING = 'lmstudioBridge.mcp.servers';

/** Products with a file in the person's home, in order of precedence. */
export const USER_PRODUCTS = ['lm-studio', 'vscode', 'copilot', 'claude-code', 'cursor', 'claude-desktop'] as const;

export type UserProduct = (typeof USER_PRODUCTS)[number];

/** What is to be looked through. */
export interface SourceRequest {
  /** Absolute paths of the workspace folders, in order. */
  readonly workspaces: readonly string[];
  /** Read between the files of the workspace and the person's own, in this order. */
  readonly more?: readonly SourceFile[] | undefined;
  /** Where the person's own files are; absent: they are not read. */
  readonly user?: UserPlaces | undefined;
}

/** Where the person's own files are. */
export interface UserPlaces {
  readonly home: string;
  /** `<home>` of LM Studio: it can be moved. */
  readonly lmStudioHome: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The folder of VS Code's user profile; absent: where the stable version keeps its default profile. */
  readonly vscodeUser?: string | undefined;
  /** Only the files of these; absent: of all. */
  readonly products?: readonly UserProduct[] | undefined;
}

/** All files that count, in order of precedence, whether they exist or not. */
export function filesToLookFor({ workspaces, more = [], user }: SourceRequest): readonly SourceFile[] {
  const folders = [...new Set(workspaces)];
  const all = [...folders.flatMap(folderFiles), ...more, ...(user ? userFiles(user, folders) : [])];
  // A home that is opened as a folder has files that are both; those of the workspace count, which are trusted less.
  return all.filter(({ source }, index) => all.findIndex((other) => other.source.file === source.file) === index);
}

const SETTINGS_LAYOUT: FileLayout = { tables: [{ path: [SERVERS_SETTING] }], isShared: true };

/**
 * The files of a workspace folder. `.mcp.json` is Claude Code's and, since 1.140, VS Code's first choice; `.vscode/mcp.json`
 * is VS Code's own form (code.visualstudio.com/docs/agents/reference/mcp-configuration); `.cursor/mcp.json` is Cursor's
 * (cursor.com/docs/mcp, "Configuration locations"). Our setting comes last: it cannot hide what others see.
 */
export function folderFiles(folder: string): readonly SourceFile[] {
  const file = (kind: SourceKind, ...path: string[]): ConfigSource => {
    return { kind, file: join(folder, ...path), scope: 'workspace', folder };
  };
  return [
    { source: file('mcp-json', '.mcp.json') },
    { source: file('vscode', '.vscode', 'mcp.json') },
    { source: file('cursor', '.cursor', 'mcp.json') },
    { source: file('setting', '.vscode', 'settings.json'), layout: SETTINGS_LAYOUT },
  ];
}

/** A `.code-workspace` file: its settings may hold ours, and VS Code's `mcp` (a setting before it had mcp.json, 1.99–1.101). */
export function workspaceFile(file: string, folder: string | undefined): SourceFile {
  return {
    source: { kind: 'vscode', file, scope: 'workspace', folder },
    layout: {
      tables: [{ path: ['settings', 'mcp', 'servers'] }, { path: ['settings', SERVERS_SETTING] }],
      inputs: ['settings', 'mcp', 'inputs'],
      isShared: true,
    },
  };
}

/** Our setting in the person's settings. `text` holds it where the file is not on this machine's disk. */
export function userSettings(file: string, text?: string): SourceFile {
  return { source: { kind: 'setting', file, scope: 'user', folder: undefined }, layout: SETTINGS_LAYOUT, text };
}

/** The person's files of other products. */
export function userFiles(places: UserPlaces, folders: readonly string[]): readonly SourceFile[] {
  const { products = USER_PRODUCTS } = places;
  return USER_PRODUCTS.filter((product) => products.includes(product)).map((product) => {
    const source: ConfigSource = { kind: product, file: USER_FILES[product](places), scope: 'user', folder: undefined };
    if (product === 'claude-code') return { source, layout: claudeCodeLayout(folders) };
    return product === 'claude-desktop' ? { source, layout: CLAUDE_DESKTOP_LAYOUT } : { source };
  });
}

/** It holds the app's preferences too. */
const CLAUDE_DESKTOP_LAYOUT: FileLayout = { tables: [{ path: ['mcpServers'] }], isShared: true };

const USER_FILES: Readonly<Record<UserProduct, (places: UserPlaces) => string>> = {
  // Reference 6: LM Studio documents only the menu that opens it.
  'lm-studio': ({ lmStudioHome }) => join(lmStudioHome, 'mcp.json'),
  // "MCP: Open User Configuration"; its folder is that of the profile's settings.json.
  vscode: (places) => join(places.vscodeUser ?? join(applicationData(places), 'Code', 'User'), 'mcp.json'),
  // `$COPILOT_HOME`, else `~/.copilot` (code.visualstudio.com/docs/agents/reference/mcp-configuration).
  copilot: ({ home, env }) => join(env['COPILOT_HOME'] || join(home, '.copilot'), 'mcp-config.json'),
  // code.claude.com/docs/en/mcp: scopes "local" and "user" are both in ~/.claude.json; CLAUDE_CONFIG_DIR moves it.
  'claude-code': ({ home, env }) => join(env['CLAUDE_CONFIG_DIR'] || home, '.claude.json'),
  cursor: ({ home }) => join(home, '.cursor', 'mcp.json'),
  // modelcontextprotocol.io/docs/develop/connect-local-servers; on Linux where Electron puts it.
  'claude-desktop': (places) => join(applicationData(places), 'Claude', 'claude_desktop_config.json'),
};

/** Where applications keep what is theirs (Electron's `appData`). */
function applicationData({ home, env, platform }: UserPlaces): string {
  if (platform === 'win32') return env['APPDATA'] || join(home, 'AppData', 'Roaming');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  return env['XDG_CONFIG_HOME'] || join(home, '.config');
}

/** Servers of scope "local" stand under the path of their project and win over those for all projects. */
function claudeCodeLayout(folders: readonly string[]): FileLayout {
  const ofProjects = folders.flatMap((folder) =>
    // On Windows it writes paths with slashes.
    [...new Set([folder, folder.replaceAll('\\', '/')])].map((path) => ({
      path: ['projects', path, 'mcpServers'],
      folder,
    })),
  );
  return { tables: [...ofProjects, { path: ['mcpServers'] }], isShared: true };
}
