/** `npm run docs`: writes the documents that are rendered from tables in the sources. */
import { writeFileSync } from 'node:fs';
import { dataModelFile, renderDataModel } from './data-model.ts';

writeFileSync(dataModelFile, renderDataModel());
