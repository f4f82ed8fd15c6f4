/** `npm run docs`: writes documents, and a column of one, that are rendered from tables in the sources and tests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { commandOptionsFile, renderCommandOptions } from './command-options.ts';
import { dataModelFile, renderDataModel } from './data-model.ts';
import { architectureFile, renderImportTable } from './import-table.ts';
import { mutationEquivalentsFile, renderMutationEquivalents } from './mutation-equivalents.ts';

writeFileSync(architectureFile, renderImportTable(readFileSync(architectureFile, 'utf8')));
writeFileSync(commandOptionsFile, await renderCommandOptions());
writeFileSync(dataModelFile, renderDataModel());
writeFileSync(mutationEquivalentsFile, renderMutationEquivalents());
