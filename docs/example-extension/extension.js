// @ts-check
// An extension that lets a local model explain the selected text. docs/api.md explains the interface.
const vscode = require('vscode');

/** @typedef {import('../api/lmstudio-bridge').BridgeApi} BridgeApi */
/** @typedef {import('../api/lmstudio-bridge').ApiError} ApiError */

/**
 * @param {vscode.ExtensionContext} context
 * @returns {Promise<BridgeApi>}
 */
async function openBridge(context) {
  /** @type {vscode.Extension<BridgeApi> | undefined} */
  const extension = vscode.extensions.getExtension('lmstudio-bridge.lmstudio-bridge');
  if (!extension) throw new Error('LM Studio Bridge is not installed.');
  const bridge = await extension.activate();
  if (bridge.version !== 1) throw new Error('This version of LM Studio Bridge is not known here.');
  // So that the question before a task names this extension.
  return bridge.getApi(context.extension.id);
}

/** @param {vscode.ExtensionContext} context */
exports.activate = async (context) => {
  const bridge = await openBridge(context);
  const output = vscode.window.createOutputChannel('Example');
  const status = vscode.window.createStatusBarItem('example.tasks');
  const showTasks = () => {
    const count = bridge.tasks().length;
    status.text = count === 1 ? '1 local task' : `${count} local tasks`;
    if (count > 0) status.show();
    else status.hide();
  };

  context.subscriptions.push(
    output,
    status,
    bridge.onDidChangeTasks(showTasks),
    vscode.commands.registerCommand('lmstudioBridgeExample.explainSelection', () => explainSelection(bridge, output)),
    vscode.commands.registerCommand('lmstudioBridgeExample.listModels', () => listModels(bridge, output)),
  );
};

/**
 * @param {BridgeApi} bridge
 * @param {vscode.OutputChannel} output
 */
async function explainSelection(bridge, output) {
  const editor = vscode.window.activeTextEditor;
  const selected = editor?.document.getText(editor.selection);
  if (!selected) {
    void vscode.window.showInformationMessage('Select some text first.');
    return undefined;
  }
  output.show(true);
  const cancelling = new vscode.CancellationTokenSource();
  try {
    const end = await bridge.runTask(
      { task: `Explain this in three sentences:\n\n${selected}`, maxRounds: 1, timeoutSeconds: 300 },
      {
        token: cancelling.token,
        onEvent: (event) => {
          if (event.type === 'text_delta') output.append(event.text);
        },
      },
    );
    output.appendLine(end.status === 'completed' ? '' : `\nNot explained: ${end.code ?? end.status}`);
    return end;
  } catch (error) {
    const { code, message, hint } = /** @type {ApiError} */ (error);
    if (code !== 'approval-denied') void vscode.window.showErrorMessage(hint ? `${message} ${hint}` : message);
    return undefined;
  } finally {
    cancelling.dispose();
  }
}

/**
 * @param {BridgeApi} bridge
 * @param {vscode.OutputChannel} output
 */
async function listModels(bridge, output) {
  const models = await bridge.models();
  for (const { id, server, isLoaded, toolUse } of models) {
    const place = server === null ? [] : [`on the server ${server}`];
    output.appendLine([id, ...place, ...(isLoaded ? ['loaded'] : []), ...(toolUse ? ['tools'] : [])].join(', '));
  }
  return models;
}
