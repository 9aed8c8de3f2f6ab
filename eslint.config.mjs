import tseslint from 'typescript-eslint';

/**
 * The rooms of the house and what each may import (CONTRIBUTING.md, "Layers"). `test/architecture.test.ts` derives the
 * same rules from the source again, so that a weakened rule here does not go unnoticed.
 */
const ROOMS = ['base', 'agent', 'llm', 'mcp', 'policy', 'tasks', 'cli', 'bridge', 'vscode'];
const MAY_IMPORT = {
  base: [],
  agent: ['base'],
  llm: ['base', 'agent'],
  mcp: ['base', 'agent'],
  policy: ['base', 'agent'],
  tasks: ['base', 'agent', 'llm', 'mcp', 'policy'],
  cli: ['base', 'agent', 'llm', 'mcp', 'policy', 'tasks'],
  bridge: ['base', 'agent', 'llm', 'mcp', 'policy', 'tasks'],
  vscode: ['base', 'agent', 'llm', 'mcp', 'policy', 'tasks'],
};

const NO_EDITOR = { name: 'vscode', message: 'Only src/vscode and src/extension.ts know the editor.' };

const ZOD_WHOLE = {
  name: 'zod',
  message: "Write import * as z from 'zod/v4': this entry brings every language of zod's messages, 268 kB.",
};

const zones = ROOMS.map((room) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        paths: [...(room === 'vscode' ? [] : [NO_EDITOR]), ZOD_WHOLE],
        patterns: ROOMS.filter((other) => other !== room && !MAY_IMPORT[room].includes(other)).map((other) => ({
          regex: `^(\\.\\./)+${other}/`,
          message: `${room} may not import ${other} (CONTRIBUTING.md, "Layers").`,
        })),
      },
    ],
  },
}));

/** What of the editor's window makes links and icons of plain words (src/vscode/markup.ts). */
const READS_MARKUP =
  '/^(withProgress|withScmProgress|createInputBox|createQuickPick|show(InputBox|QuickPick|InformationMessage|WarningMessage|ErrorMessage))$/';

const PLAIN_WAY = 'Show it through Dialogs or progress.ts: there the words of others become neither links nor icons.';

const plainWordsOnly = {
  files: ['src/vscode/**/*.ts'],
  ignores: ['src/vscode/dialogs.ts', 'src/vscode/progress.ts'],
  rules: {
    'no-restricted-syntax': [
      'error',
      {
        selector: `:matches(MemberExpression[object.property.name='window'], MemberExpression[object.name='window']) > Identifier.property[name=${READS_MARKUP}]`,
        message: PLAIN_WAY,
      },
      {
        selector: `VariableDeclarator[init.property.name='window'] > ObjectPattern > Property > Identifier.key[name=${READS_MARKUP}]`,
        message: PLAIN_WAY,
      },
    ],
  },
};

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'out/**',
      'node_modules/**',
      'artifacts/**',
      '.vscode-host/**',
      '.vscode-test/**',
      'test/fixtures/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: false, allowAny: false, allowNullish: false },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Its successor McpServer would add a fifth to the size of the product, for the three tools of the self-test.
      '@typescript-eslint/no-deprecated': [
        'error',
        // The older transport is as deprecated as the servers that know only that.
        { allow: [{ from: 'package', name: ['Server', 'SSEClientTransport'], package: '@modelcontextprotocol/sdk' }] },
      ],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/dot-notation': 'off',
      // Empty text counts as missing in many places, and `||` says just that.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
    },
  },
  ...zones,
  plainWordsOnly,
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'no-console': 'off',
      // `describe` and `it` return nothing that anybody waits for; subtests of node:test do not stand here.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: ['describe', 'it'], package: 'mocha' }] },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
);
