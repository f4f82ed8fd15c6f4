/** `npm run docs`: writes the documents that are rendered from tables in the sources and tests. */
import { writeFileSync } from 'node:fs';
import { commandOptionsFile, renderCommandOptions } from './command-options.ts';
import { dataModelFile, renderDataModel } from './data-model.ts';
import { mutationEquivalentsFile, renderMutationEquivalents } from './mutation-equivalents.ts';

writeFileSync(commandOptionsFile, await renderCommandOptions());
writeFileSync(dataModelFile, renderDataModel());
writeFileSync(mutationEquivalentsFile, renderMutationEquivalents());
