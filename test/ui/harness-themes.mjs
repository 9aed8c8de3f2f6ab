/**
 * The themes in which every screen must be good. VS Code follows what the system says (the settings below), and the page's
 * system is emulated: so the theme of a window can change while a question or a list is open, and nothing loses the focus.
 * By the short name in a picture's file name; `css`: the class of the workbench in it; `media`: what the system says.
 */
export const THEMES = {
  light: { css: 'vs', media: { colorScheme: 'light', forcedColors: 'none' } },
  dark: { css: 'vs-dark', media: { colorScheme: 'dark', forcedColors: 'none' } },
  contrast: { css: 'hc-black', media: { colorScheme: 'dark', forcedColors: 'active' } },
};

/** @typedef {keyof typeof THEMES} Theme */

export const THEME_SETTINGS = {
  'window.autoDetectColorScheme': true,
  'window.autoDetectHighContrast': true,
  'workbench.preferredLightColorTheme': 'Light Modern',
  'workbench.preferredDarkColorTheme': 'Dark Modern',
  'workbench.preferredHighContrastColorTheme': 'Default High Contrast',
};
