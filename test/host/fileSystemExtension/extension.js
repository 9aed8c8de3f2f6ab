// A project that is on no disk, as an extension for a remote repository shows one.
const vscode = require('vscode');

const { FileSystemError, FileType } = vscode;

/** What a repository may hold. The servers in it must not be started: there is no folder where they could work. */
const FILES = {
  '/project/README.md': '# A project in memory\n',
  '/project/.mcp.json': JSON.stringify({ mcpServers: { unreachable: { command: 'node', args: ['server.js'] } } }),
};

const isFolder = (path) => Object.keys(FILES).some((file) => file.startsWith(path.replace(/\/?$/, '/')));

const refuse = ({ path }) => {
  throw FileSystemError.NoPermissions(path);
};

const provider = {
  onDidChangeFile: () => ({ dispose() {} }),
  watch: () => ({ dispose() {} }),
  stat: ({ path }) => {
    const text = FILES[path];
    if (text === undefined && !isFolder(path)) throw FileSystemError.FileNotFound(path);
    return {
      type: text === undefined ? FileType.Directory : FileType.File,
      ctime: 0,
      mtime: 0,
      size: text?.length ?? 0,
    };
  },
  readDirectory: ({ path }) =>
    Object.keys(FILES)
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => [file.slice(path.length + 1), FileType.File]),
  readFile: ({ path }) => {
    const text = FILES[path];
    if (text === undefined) throw FileSystemError.FileNotFound(path);
    return new TextEncoder().encode(text);
  },
  writeFile: refuse,
  createDirectory: refuse,
  delete: refuse,
  rename: refuse,
};

exports.activate = (context) => {
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider('memfs', provider, { isReadonly: true }));
};
