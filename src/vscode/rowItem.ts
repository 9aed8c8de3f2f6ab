import * as vscode from 'vscode';
import type { RowFace } from './rowFace';

/** `children`: how it is at first; what the person has opened and closed since stays so. */
export function rowItem(row: RowFace, children: 'none' | 'closed' | 'open'): vscode.TreeItem {
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(row.label, { none: None, closed: Collapsed, open: Expanded }[children]);
  item.id = row.id;
  item.description = row.description;
  item.tooltip = row.tooltip;
  const color = row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color);
  item.iconPath = new vscode.ThemeIcon(row.icon.id, color);
  item.contextValue = row.context;
  item.accessibilityInformation = { label: row.accessibleLabel };
  return item;
}
