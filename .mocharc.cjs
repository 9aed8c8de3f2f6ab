// Spec files are named on the command line: by scripts/test.mjs, or by the person who runs `npx mocha test/unit/…`.
module.exports = {
  import: 'tsx',
  require: ['./test/support/orphans.ts'],
  // It only says that a test hangs: a slow machine takes a second or two to start each of its processes.
  timeout: 60_000,
  forbidOnly: Boolean(process.env.CI),
};
