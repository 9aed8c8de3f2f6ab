// Spec files are named on the command line: by scripts/test.mjs, or by the person who runs `npx mocha test/unit/…`.
module.exports = {
  import: 'tsx',
  require: ['./test/support/orphans.ts'],
  // Only what hangs shall meet it, on a busy machine as well.
  timeout: 60_000,
  forbidOnly: Boolean(process.env.CI),
};
