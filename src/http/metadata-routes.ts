import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { indexPage } from '../codegen/index-page.ts';
import { languages } from '../codegen/languages.ts';
import { operationPage } from '../codegen/operation-page.ts';
import { formatLabel, type ShownFormat, shownFormats } from '../codegen/shown-formats.ts';
import { typeModel } from '../codegen/type-model.ts';
import { fieldOf } from './address.ts';
import { askedOf } from './asked.ts';
import { setPageHeaders } from './page-headers.ts';
import { baseUrlOf, type PublicAddress } from './public-url.ts';

/** Serves the pages about operations: `/metadata`, `/xml/metadata`, `/xml/metadata?op=NewOutgoingSession&lang=csharp` (servicestack.md 5.1). */
export function addMetadataRoutes(app: FastifyInstance, options: PublicAddress): void {
  app.get('/metadata', (_request, reply) => sendPage(reply, indexPage(shownFormats)));
  for (const format of shownFormats) {
    app.get(`/${format.name}/metadata`, (request, reply) => sendFormatPage(request, reply, format, options));
  }
}

function sendFormatPage(request: FastifyRequest, reply: FastifyReply, format: ShownFormat, options: PublicAddress): void {
  const { query } = askedOf(request);
  const name = fieldOf(query, 'op') ?? '';
  if (name === '') {
    sendPage(reply, indexPage([format], formatLabel(format)));
    return;
  }
  const operation = typeModel().operationNamed(name);
  if (!operation) {
    sendNotAvailable(reply);
    return;
  }
  const asked = fieldOf(query, 'lang')?.toLowerCase();
  const language = languages.find((one) => one.name === asked);
  sendPage(reply, operationPage(operation, { format, language, host: hostOf(request, options) }));
}

function hostOf(request: FastifyRequest, options: PublicAddress): string {
  return baseUrlOf(request, options).replace(/^https?:\/\//, '');
}

function sendPage(reply: FastifyReply, page: string): void {
  setPageHeaders(reply).header('content-type', 'text/html; charset=utf-8').send(page);
}

/** What the original answers about an operation that it does not have. */
function sendNotAvailable(reply: FastifyReply): void {
  reply.code(403).header('content-type', 'text/plain; charset=utf-8');
  reply.raw.statusMessage = 'Service Not Available';
  reply.send('There is no operation with this name. See /metadata for all operations.\n');
}
