import type { FastifyInstance } from 'fastify';
import { appMetadata } from '../codegen/app-metadata.ts';
import { metadataTypes } from '../codegen/metadata-types.ts';
import { operationList, operationListPage } from '../codegen/operation-list.ts';
import { version } from '../version.ts';
import { askedOf } from './asked.ts';
import { KeptDocuments } from './kept-documents.ts';
import { setPageHeaders } from './page-headers.ts';
import { baseUrlOf } from './public-url.ts';
import { SIGN_IN_PATH } from './return-path.ts';
import type { ServingOptions } from './serving-options.ts';

/** What machines read about this server: its types, its operations, how to sign in (servicestack.md 5.2). */
export function addMachineMetadataRoutes(app: FastifyInstance, options: Pick<ServingOptions, 'clock' | 'publicUrl'>): void {
  const documents = new KeptDocuments();
  app.get('/types/metadata', (request, reply) => {
    const baseUrl = baseUrlOf(request, options);
    documents.send(reply, 'types', baseUrl, () => metadataTypes(baseUrl));
  });
  app.get('/metadata/app', (request, reply) => {
    const baseUrl = baseUrlOf(request, options);
    documents.send(reply, 'app', baseUrl, () => appMetadata({ baseUrl, version, nowMs: options.clock.now(), signInPath: SIGN_IN_PATH }));
  });
  app.get('/operations/metadata', (request, reply) => {
    if (askedOf(request).format.name !== 'html') documents.send(reply, 'operations', '', operationList);
    else setPageHeaders(reply).header('content-type', 'text/html; charset=utf-8').send(operationListPage());
  });
  app.get('/api', (_request, reply) => documents.send(reply, 'operations', '', operationList));
}
