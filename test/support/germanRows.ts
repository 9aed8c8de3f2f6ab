/** Prints the sample rows in German, as JSON. A program of its own, because texts are made while files are loaded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';

const bundle = readFileSync(join(__dirname, '../../l10n/bundle.l10n.de.json'), 'utf8');
l10n.config({ contents: bundle });

void import('./sampleRows').then(({ sampleRows }) => {
  process.stdout.write(JSON.stringify(sampleRows(l10n.t('Its last output was:'))));
});
