import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { typesCodes } from '../codegen/languages.ts';
import { otherLanguages, typesIndex, typesPage } from '../codegen/types-page.ts';
import { AppError } from '../kernel/errors.ts';
import { version } from '../version.ts';
import { askedOf } from './asked.ts';
import { setPageHeaders } from './page-headers.ts';
import { baseUrlOf } from './public-url.ts';
import { refuse } from './refuse.ts';
import type { ServingOptions } from './serving-options.ts';

const codes = new Map(typesCodes.map((code) => [code.name, code]));

/** Serves the types of all operations as code: `/types`, `/types/typescript`, `/types/csharp`, … (servicestack.md 5.2, 5.3). */
export function addTypesRoutes(app: FastifyInstance, options: ServingOptions): void {
  app.get('/types', (request, reply) => sendIndex(request, reply, options));
  app.get<{ Params: { name: string } }>('/types/:name', (request, reply) => {
    const { name } = request.params;
    const code = codes.get(name.toLowerCase());
    if (!code) {
      refuse(new AppError('NO_SUCH_LANGUAGE', { hint: otherLanguages() }), request, reply);
      return;
    }
    const { query } = askedOf(request);
    const text = code.types({ nowMs: options.clock.now(), version, baseUrl: baseUrlOf(request, options), query });
    reply.header('content-type', code.contentType ?? 'text/plain; charset=utf-8').send(text);
  });
}

function sendIndex(request: FastifyRequest, reply: FastifyReply, options: ServingOptions): void {
  if (askedOf(request).format.name === 'html') {
    setPageHeaders(reply).header('content-type', 'text/html; charset=utf-8').send(typesPage());
    return;
  }
  reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(typesIndex(baseUrlOf(request, options))));
}
